"""Tiles to choose one of: a person as initials in a circle, or the way to somebody else."""

from typing import Final

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from ui.theme import fitting, fonts, icons, tokens
from ui.widgets import painting
from ui.widgets.avatar import draw_avatar, tone_of

_RADIUS: Final = 14
_CIRCLE: Final = 60
_ROOM_FOR_RING: Final = 3
_LEAST, _SMALL, _MOST = 96, 122, 148


class Tile(QPushButton):
    """One tile. Without initials it shows an icon; ``caption`` stands below the circle."""

    def __init__(self, initials: str, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._initials = initials
        self._tone = tone_of(key)
        self._caption = ""
        self._tall = False
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        fitting.dress(self, 13, 600)
        fitting.widths(self, _LEAST, _MOST)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def say(self, caption: str, name: str, *, tall: bool) -> None:
        """Show a caption, which may be empty, and be called this by a screen reader. Tall ones hold a name."""
        self._caption = caption
        self._tall = tall
        self.setAccessibleName(name)
        self.setToolTip(name if caption and caption != name else "")
        self.updateGeometry()
        self.update()

    @property
    def caption(self) -> str:
        return self._caption

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(_MOST), fonts.scaled(142)) if self._tall else QSize(*[fonts.scaled(_SMALL)] * 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(fonts.scaled(_LEAST), self.sizeHint().height())

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect())
        card = whole.adjusted(_ROOM_FOR_RING, _ROOM_FOR_RING, -_ROOM_FOR_RING, -_ROOM_FOR_RING)
        ground = "hover" if self.underMouse() and self.isEnabled() and not self.isChecked() else "raised"
        if self.isChecked():
            painting.box(painter, card, _RADIUS, ground, "primary", width=2)
        else:
            painting.box(painter, card, _RADIUS, ground, "border")
        if self.hasFocus():
            painting.ring(painter, whole, _RADIUS + _ROOM_FOR_RING)
        self._paint_inside(painter, card)
        painter.end()

    def _paint_inside(self, painter: QPainter, card: QRectF) -> None:
        # Beside circles without words, the one with words is smaller: all tiles stay of one size.
        side = fonts.scaled(_CIRCLE if self._tall or not self._caption else 44)
        metrics = QFontMetrics(self.font())
        below = metrics.height() + 10 if self._caption else 0
        circle = QRectF(0, 0, side, side)
        circle.moveCenter(card.center())
        circle.translate(0, -below / 2)
        if self._initials:
            draw_avatar(painter, circle, self._initials, self._tone)
        else:
            painting.box(painter, circle, side / 2, "hover" if tokens.current() is tokens.LIGHT else "surface")
            inset = (side - fonts.scaled(20)) / 2
            icons.draw(painter, circle.adjusted(inset, inset, -inset, -inset), "user", "text2")
        if self._caption:
            line = QRect(
                round(card.left()) + 8, round(circle.bottom()) + 10, round(card.width()) - 16, metrics.height()
            )
            painter.setPen(tokens.colour("text"))
            painter.setFont(self.font())
            shown = metrics.elidedText(self._caption, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, shown)


class TileRow(QWidget):
    """Tiles side by side, of which one is chosen: one stop for Tab, arrows inside."""

    chosen = Signal(int)
    """The place of the tile somebody chose."""
    confirmed = Signal()
    """Enter, Space or a click: the choice is made, on to the next field."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles: list[Tile] = []
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 16)
        self._row.setSpacing(8)

    @property
    def tiles(self) -> list[Tile]:
        return self._tiles

    def place(self) -> int:
        """The place of the chosen tile; -1 when there is none."""
        return self._group.checkedId()

    def show_tiles(self, tiles: list[Tile], place: int) -> None:
        """Show these instead, with one of them chosen."""
        for old in self._tiles:
            self._group.removeButton(old)
            self._row.removeWidget(old)
            old.deleteLater()
        self._tiles = tiles
        for number, tile in enumerate(tiles):
            tile.setParent(self)
            self._group.addButton(tile, number)
            self._row.addWidget(tile)
            tile.show()
            tile.clicked.connect(self._on_clicked)
        if tiles:
            self._check(place)

    def choose(self, place: int) -> None:
        """Choose a tile as an arrow key would."""
        self._check(place)
        self.chosen.emit(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is not None and self._tiles:
            place = (self.place() + step) % len(self._tiles)
            self.choose(place)
            self._tiles[place].setFocus(Qt.FocusReason.OtherFocusReason)
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.confirmed.emit()
        else:
            super().keyPressEvent(event)

    def _check(self, place: int) -> None:
        for number, tile in enumerate(self._tiles):
            tile.setChecked(number == place)
            tile.setFocusPolicy(Qt.FocusPolicy.StrongFocus if number == place else Qt.FocusPolicy.ClickFocus)

    def _on_clicked(self) -> None:
        self._check(self.place())
        self.chosen.emit(self.place())
        self.confirmed.emit()
