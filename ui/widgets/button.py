"""Buttons in the five looks of the guide. Their label is a verb and a thing: "Simpan catatan"."""

from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QIcon, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from ui.theme import fitting, fonts, icons, tokens
from ui.widgets import painting

Kind = Literal["primary", "ghost", "soft", "link", "icon"]


@dataclass(frozen=True)
class _Look:
    """Tokens of one look: ground at rest, under the pointer and pressed, ink, line; and its measures."""

    ground: str
    over: str
    pressed: str
    ink: str
    line: str = ""
    weight: int = 500
    height: int = 34
    padding: int = 12


_LOOKS: Final[dict[Kind, _Look]] = {
    "primary": _Look("primary", "primary_hover", "primary_press", "on_primary", weight=600, height=36, padding=14),
    "ghost": _Look("raised", "hover", "border", "text", line="border"),
    "soft": _Look("primary_soft", "primary_soft", "primary_soft", "on_primary_soft", weight=600, padding=14),
    "link": _Look("", "", "", "primary", weight=600, height=26, padding=2),
    "icon": _Look("", "hover", "border", "text2", padding=0),
}
_GAP: Final = 8
_ICON: Final = 16
_RADIUS: Final = 9


class Button(QPushButton):
    """A button that paints itself; Qt's own cannot set the gap between icon and words."""

    def __init__(
        self, kind: Kind = "ghost", icon_name: str = "", *, height: int = 0, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._kind: Kind = kind
        self._look = _LOOKS[kind]
        self._needs_room_for: tuple[str, ...] = ()
        if icon_name:
            self.setIcon(icons.icon(icon_name, self._look.ink if kind != "ghost" else "text2"))
        fitting.dress(self, 12 if kind == "link" else 13, self._look.weight)
        fitting.height(self, height or self._look.height)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setAutoDefault(False)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def say(self, text: str, tip: str = "") -> None:
        """Name the button; one with only an icon shows the name as its tooltip."""
        if self._kind != "icon":
            self.setText(text)
            # Qt takes a "&" for the sign of a shortcut; here it is part of the words.
            self.setShortcut(QKeySequence())
        self.setAccessibleName(text)
        self.setToolTip(tip or (text if self._kind == "icon" else ""))

    def keep_room_for(self, *texts: str) -> None:
        """Be wide enough for each of these, so that the button does not jump when its text changes."""
        self._needs_room_for = texts
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        height = self.height() if self.minimumHeight() == self.maximumHeight() else fonts.scaled(self._look.height)
        if self._kind == "icon":
            return QSize(height, height)
        metrics = QFontMetrics(self.font())
        words = max(metrics.horizontalAdvance(text) for text in (self.text(), *self._needs_room_for))
        icon = 0 if self.icon().isNull() else fonts.scaled(_ICON) + (_GAP if words else 0)
        return QSize(words + icon + 2 * fonts.scaled(self._look.padding) + 2, height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Outside a dialog Qt's buttons know Space only.
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.isAutoRepeat():
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        self._paint_words(painter)
        painter.end()

    def _paint_ground(self, painter: QPainter) -> None:
        place = QRectF(self.rect())
        look = self._look
        ground = look.pressed if self.isDown() or self.isChecked() else look.over if self.underMouse() else look.ground
        if not self.isEnabled():
            ground = "primary_soft" if self._kind == "primary" else look.ground
        painting.box(painter, place, _RADIUS, ground, look.line)
        if not self.hasFocus():
            return
        if self._kind == "primary":
            # A ring in the button's own colour would not be seen on it.
            inset = place.adjusted(3, 3, -3, -3)
            painting.ring(painter, inset, _RADIUS - 3, "on_primary")
        else:
            painting.ring(painter, place, _RADIUS)

    def _paint_words(self, painter: QPainter) -> None:
        enabled = self.isEnabled()
        ink = self._look.ink if enabled else "on_primary_soft" if self._kind == "primary" else "disabled"
        metrics = QFontMetrics(self.font())
        side = 0 if self.icon().isNull() else fonts.scaled(_ICON)
        gap = _GAP if side and self.text() else 0
        room = self.width() - side - gap - 4
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        words = metrics.horizontalAdvance(text)
        left = self._left_of(side + gap + words)
        if side:
            top = (self.height() - side) // 2
            mode = QIcon.Mode.Normal if enabled else QIcon.Mode.Disabled
            self.icon().paint(painter, QRect(left, top, side, side), Qt.AlignmentFlag.AlignCenter, mode)
        if not text:
            return
        painter.setPen(tokens.colour(ink))
        font = self.font()
        font.setUnderline(self._kind == "link" and enabled and self.underMouse())
        painter.setFont(font)
        line = QRect(left + side + gap, 0, words + 2, self.height())
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _left_of(self, content: int) -> int:
        return (self.width() - content) // 2
