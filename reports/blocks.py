"""Parts that papers are put together from: areas drawn by hand, fitted text, lists, lines to write on with a pen."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from reportlab.lib.colors import Color
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from reports.style import INK, QUIET, REGULAR, escape, styles

LINE_HEIGHT: Final = 1.2
"""Distance of two lines of fitted text, in type sizes."""

_SHRINK: Final = 0.94
_LABEL_SIZE: Final = 8.5

Paint = Callable[[Canvas, float, float], None]
"""Draws into a box of the given width and height whose lower left corner is the origin; all in points."""


class Area(Flowable):  # type: ignore[misc]  # ReportLab ships no types
    """A box of fixed height, as wide as the column it stands in, painted by hand. It never splits."""

    def __init__(self, height: float, paint: Paint) -> None:
        super().__init__()
        self.height = height
        self._paint = paint

    def wrap(self, available_width: float, _available_height: float) -> tuple[float, float]:
        """Take the whole width that is offered."""
        self.width = available_width
        return self.width, self.height

    def draw(self) -> None:
        """Called by ReportLab once the place on the page is known."""
        self._paint(self.canv, self.width, self.height)


@dataclass(frozen=True)
class Fitted:
    """A text broken into lines at the size (points) at which it fits its box."""

    size: float
    lines: tuple[str, ...]


def fit(text: str, *, font: str, size: float, width: float, height: float) -> Fitted:
    """The text at ``size`` or, when it does not fit the box, at the largest smaller size at which it does.

    Nothing is ever cut off: a name or a recovery word that lost its end would be worse than a small one. A word wider
    than the box is broken between letters. The box must be at least one line of ``size`` high and have some width.
    """
    while True:
        lines = _broken(text, font=font, size=size, width=width)
        if len(lines) * size * LINE_HEIGHT <= height + 0.001:
            return Fitted(size, lines)
        size *= _SHRINK


def _broken(text: str, *, font: str, size: float, width: float) -> tuple[str, ...]:
    lines: list[str] = []
    line = ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if stringWidth(joined, font, size) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        line = ""
        for letter in word:
            if line and stringWidth(line + letter, font, size) > width:
                lines.append(line)
                line = ""
            line += letter
    return (*lines, line) if line or not lines else tuple(lines)


def draw_fitted(
    canvas: Canvas,
    text: str,
    *,
    font: str,
    size: float,
    box: tuple[float, float, float, float],
    color: Color = INK,
    centred: bool = False,
) -> None:
    """Draw the text into ``box`` (x, y of the lower left corner, width, height), in the middle of its height."""
    x, y, width, height = box
    fitted = fit(text, font=font, size=size, width=width, height=height)
    canvas.setFont(font, fitted.size)
    canvas.setFillColor(color)
    step = fitted.size * LINE_HEIGHT
    # Capitals and digits are about 0.73 of the size high: half of that below the middle sets the line in the middle.
    baseline = y + height / 2 + step * (len(fitted.lines) - 1) / 2 - fitted.size * 0.365
    for number, line in enumerate(fitted.lines):
        if centred:
            canvas.drawCentredString(x + width / 2, baseline - number * step, line)
        else:
            canvas.drawString(x, baseline - number * step, line)


def write_line(canvas: Canvas, *, x: float, y: float, width: float, label: str = "") -> None:
    """A dotted line at height ``y`` to be filled by hand, with its label small and quiet below it."""
    canvas.saveState()
    canvas.setStrokeColor(QUIET)
    canvas.setLineWidth(1)
    canvas.setLineCap(1)
    canvas.setDash(0.1, 2.6)
    canvas.line(x, y, x + width, y)
    canvas.restoreState()
    if label:
        canvas.setFont(REGULAR, _LABEL_SIZE)
        canvas.setFillColor(QUIET)
        canvas.drawString(x, y - 11.5, label)


def listed(items: Iterable[str], *, numbered: bool = False) -> list[Paragraph]:
    """The items as a list with dots or, when their order matters, with numbers. Texts are escaped here."""
    return [
        Paragraph(escape(item), styles().item, bulletText=f"{number}." if numbered else "•")
        for number, item in enumerate(items, start=1)
    ]


def side_by_side(left: Sequence[Flowable], right: Sequence[Flowable], *, width: float, gap: float) -> Table:
    """Two columns of equal width with a gap between them (points), which stay together on one page."""
    column = (width - gap) / 2
    bare = TableStyle(
        [
            ("FONT", (0, 0), (-1, -1), REGULAR),  # without it a table names an unembedded Helvetica
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
        ]
    )
    return Table([[list(left), "", list(right)]], colWidths=[column, gap, column], style=bare)
