"""When we failed: one calm line with the kind of error and the place in our code; no value, no name, no path."""

import traceback
from pathlib import Path
from typing import Final

from shelter.language import _

EXIT_CODE: Final = 70
_ROOT: Final = Path(__file__).resolve().parent.parent


def where(error: BaseException) -> str:
    """Class of the error, and file and line of ours it came from. The error's own text may hold a value: left out."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_ours(Path(frame.filename).resolve())]
    if not frames:
        return type(error).__name__
    last = (ours or frames)[-1]
    return f"{type(error).__name__}, {Path(last.filename).name}:{last.lineno}"


def _is_ours(path: Path) -> bool:
    # The libraries may lie inside our folder too: uv puts them into .venv.
    return path.is_relative_to(_ROOT) and "site-packages" not in path.parts


def sentence(error: BaseException) -> str:
    """What to say, and what to hand to whoever helps."""
    text = _("Maaf, ada kesalahan di dalam Teduh. Yang sudah tersimpan aman. Beri tahu penolong Anda: {place}")
    return text.format(place=where(error))
