"""The base of every paper: its size, margins, header and footer, secrecy mark, page numbers and metadata.

A document supplies only its story. What else stands on the page, and that the same story gives the same bytes
tomorrow, is settled here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from io import BytesIO
from threading import Lock
from typing import Any, Final

from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph

from reports.style import ACCENT, ALERT, BOLD, INK, QUIET, REGULAR, escape, register_fonts, styles

PRODUCT: Final = "Teduh"
LEFT_MARGIN: Final = 30 * mm
"""Room for the holes of the binder."""
MARGIN: Final = 20 * mm

_MARK_SIZE: Final = 8.5
_MARK_SPACING: Final = 0.9
_FOOT_BASELINE: Final = 11 * mm
_PAGE_NUMBER_WIDTH: Final = 38 * mm

# One paper is drawn at a time. A font of ReportLab keeps its place in the font file on itself, so two threads that
# write papers at once would cut each other's letters. No speed is lost: ReportLab never lets go of the interpreter.
_drawing = Lock()


class PageSize(Enum):
    """Width and height in points. F4 is the folio of Indonesian offices, 215 x 330 mm."""

    A4 = (210 * mm, 297 * mm)
    F4 = (215 * mm, 330 * mm)

    @property
    def text_width(self) -> float:
        """What lies between the left and the right margin."""
        return float(self.value[0] - LEFT_MARGIN - MARGIN)

    @property
    def text_height(self) -> float:
        """What lies between the upper and the lower margin."""
        return float(self.value[1] - 2 * MARGIN)


class Mark(StrEnum):
    """The secrecy mark of a paper (handbook of documents, section 0)."""

    SANGAT_RAHASIA = "SANGAT RAHASIA"
    RAHASIA = "RAHASIA"
    TERBATAS = "TERBATAS"
    BIASA = "BIASA"


Hook = Callable[[Canvas, int], None]
"""Draws on a page, before its story, what the base does not; is told the number of the page, from 1."""


@dataclass(frozen=True)
class Paper:
    """What is the same on every page of a document.

    ``title`` is shown in the window of a PDF reader and travels with the file: it must never name a person, nor, on a
    neutral paper, the home. ``mark`` is boxed top right. ``foot`` is a plain note at the foot of every page. Set
    ``numbered`` to False where every page is handed out on its own. ``header`` and ``footer`` draw the rest.
    """

    title: str
    size: PageSize = PageSize.A4
    mark: Mark | None = None
    foot: str = ""
    numbered: bool = True
    header: Hook | None = None
    footer: Hook | None = None

    def write(self, story: Sequence[Flowable]) -> bytes:
        """The paper as PDF bytes; the same story gives the same bytes. The story is used up by it."""
        with _drawing:
            register_fonts()
            written = BytesIO()
            document = BaseDocTemplate(
                written,
                pagesize=self.size.value,
                title=self.title,
                # Each of these would otherwise name the tool, its version or "anonymous".
                author=PRODUCT,
                creator=PRODUCT,
                producer=PRODUCT,
                subject="",
                keywords="",
                displayDocTitle=True,
                lang="id-ID",
                invariant=1,  # no clock and no random file id
                initialFontName=REGULAR,  # otherwise an unembedded Helvetica is listed
            )
            frame = Frame(
                LEFT_MARGIN,
                MARGIN,
                self.size.text_width,
                self.size.text_height,
                leftPadding=0,
                rightPadding=0,
                topPadding=0,
                bottomPadding=0,
            )
            document.addPageTemplates([PageTemplate(frames=[frame], onPage=self._decorate)])
            document.build(list(story), canvasmaker=_NumberedCanvas if self.numbered else Canvas)
            return written.getvalue()

    def _decorate(self, canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.saveState()
        if self.mark is not None:
            _draw_mark(canvas, self.size, self.mark)
        if self.foot:
            self._draw_foot(canvas)
        for hook in (self.header, self.footer):
            if hook is not None:
                hook(canvas, document.page)
        canvas.restoreState()

    def _draw_foot(self, canvas: Canvas) -> None:
        width = self.size.text_width - (_PAGE_NUMBER_WIDTH if self.numbered else 0)
        note = Paragraph(escape(self.foot), styles().note)
        _, height = note.wrap(width, MARGIN)
        # The first line stands just under the text, the following ones go down into the margin.
        note.drawOn(canvas, LEFT_MARGIN, MARGIN - 4 * mm - height)


class _NumberedCanvas(Canvas):  # type: ignore[misc]  # ReportLab ships no types
    """Keeps each page open until all are known, then stamps 'Halaman x dari y': one pass instead of two."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  # ReportLab's name
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self.setFont(REGULAR, 8.5)
            self.setFillColor(QUIET)
            right = self._pagesize[0] - MARGIN
            self.drawRightString(right, _FOOT_BASELINE, f"Halaman {number} dari {len(self._pages)}")
            super().showPage()
        super().save()


def _draw_mark(canvas: Canvas, size: PageSize, mark: Mark) -> None:
    """The boxed mark in the upper margin, flush with the right edge of the text."""
    strict = mark in (Mark.SANGAT_RAHASIA, Mark.RAHASIA)
    width = stringWidth(mark.value, BOLD, _MARK_SIZE) + _MARK_SPACING * (len(mark.value) - 1) + 18
    height = 7 * mm
    right, top = size.value[0] - MARGIN, size.value[1] - 9 * mm
    color = ALERT if strict else INK if mark is Mark.TERBATAS else ACCENT
    canvas.setStrokeColor(color)
    canvas.setFillColor(color)
    canvas.setLineWidth(1.2 if strict else 0.8)
    canvas.roundRect(right - width, top - height, width, height, 2)
    canvas.setFont(BOLD, _MARK_SIZE)
    canvas.drawString(right - width + 9, top - height / 2 - _MARK_SIZE * 0.365, mark.value, charSpace=_MARK_SPACING)
