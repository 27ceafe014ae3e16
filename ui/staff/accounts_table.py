"""The list of the staff: rows of ready texts, painted by delegates."""

from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from shelter.language import _
from ui.staff.account_view import AccountView, initials, roles_label, state_label
from ui.theme import fonts, icons, tokens
from ui.theme.fonts import Typeface
from ui.widgets import painting
from ui.widgets.avatar import draw_avatar, tone_of

NAME, LOGIN, ROLES, STATE = range(4)
_ROW: Final = 38
_PADDING: Final = 12
_Index = QModelIndex | QPersistentModelIndex
_DISPLAY: Final = Qt.ItemDataRole.DisplayRole
_VIEW: Final = Qt.ItemDataRole.UserRole


class AccountsModel(QAbstractTableModel):
    """Texts made once per row, since ``data`` is asked thousands of times."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views: tuple[AccountView, ...] = ()
        self._labels: Mapping[str, str] = {}
        self._texts: list[tuple[str, str, str, str]] = []

    @property
    def views(self) -> tuple[AccountView, ...]:
        return self._views

    def show_views(self, views: tuple[AccountView, ...], labels: Mapping[str, str]) -> None:
        self.beginResetModel()
        self._views, self._labels = views, labels
        self._texts = [
            (view.display_name, view.login, roles_label(view.roles, labels), state_label(view.state)) for view in views
        ]
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._views)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 4

    def data(self, index: _Index, role: int = _DISPLAY) -> Any:
        if role == _DISPLAY:
            return self._texts[index.row()][index.column()]
        if role == _VIEW:
            return self._views[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._texts[index.row()][index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            texts = self._texts[index.row()]
            return ", ".join(texts) if index.column() == NAME else texts[index.column()]
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.FontRole:
            return Typeface(12, 600).font()
        if role != _DISPLAY:
            return None
        return (_("Nama"), _("Nama masuk"), _("Peran"), _("Keadaan"))[section]


class _RowDelegate(QStyledItemDelegate):
    """The ground of a row, the thin line below it, and a text that ends in "…" where the column ends."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, option, index)
        self._paint_inside(painter, option, index)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(fonts.scaled(80), fonts.scaled(_ROW))

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, tokens.colour("primary_soft"))
            if index.column() == NAME:
                bar = QRectF(rect.left(), rect.top() + 8, 3, rect.height() - 16)
                painting.box(painter, bar, 1.5, "primary")
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, tokens.colour("border"))
        table = self.parent()
        if isinstance(table, AccountsTable) and table.hasFocus() and index.row() == table.currentIndex().row():
            self._paint_ring(painter, QRectF(rect), index.column())

    def _paint_ring(self, painter: QPainter, cell: QRectF, column: int) -> None:
        """The part of the keyboard's ring round the row that lies in this cell."""
        painter.save()
        painter.setClipRect(cell)
        beyond = 20
        left, right = (0 if column == NAME else -beyond), (0 if column == STATE else beyond)
        painting.ring(painter, cell.adjusted(left, 0, right, 0), 9)
        painter.restore()

    def _paint_inside(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        rect: QRect = option.rect
        self._write(painter, rect.adjusted(_PADDING, 0, -_PADDING, 0), index.data(), Typeface(13), "text2")

    def _write(self, painter: QPainter, place: QRect, text: str, face: Typeface, tone: str) -> None:
        font = face.font()
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        painter.setFont(font)
        painter.setPen(tokens.colour(tone))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


class _NameDelegate(_RowDelegate):
    """Initials in a circle, then the name."""

    def _paint_inside(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        rect: QRect = option.rect
        view: AccountView = index.data(_VIEW)
        side = fonts.scaled(26)
        circle = QRectF(rect.left() + _PADDING, rect.center().y() + 0.5 - side / 2, side, side)
        state: QStyle.StateFlag = option.state
        ground = "surface" if state & QStyle.StateFlag.State_Selected else ""
        draw_avatar(painter, circle, initials(view.display_name), tone_of(view.id.hex), ground=ground)
        place = rect.adjusted(_PADDING + side + 10, 0, -_PADDING, 0)
        tone = "text" if view.state == "active" else "text3"
        self._write(painter, place, index.data(), Typeface(13, 600), tone)


class _StateDelegate(_RowDelegate):
    """A badge with icon and word, so that colour does not speak alone."""

    def _paint_inside(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        rect: QRect = option.rect
        view: AccountView = index.data(_VIEW)
        active = view.state == "active"
        ground, ink, icon = ("success_soft", "success", "circle-check") if active else ("hover", "text2", "user-x")
        font = Typeface(12, 600 if active else 500).font()
        words = QFontMetrics(font).horizontalAdvance(index.data())
        side, height = fonts.scaled(13), fonts.scaled(22)
        width = min(words + side + 24, rect.width() - _PADDING)
        chip = QRectF(rect.left() + _PADDING - 4, rect.center().y() + 0.5 - height / 2, width, height)
        painting.box(painter, chip, height / 2, ground)
        icons.draw(painter, QRectF(chip.left() + 8, chip.center().y() - side / 2, side, side), icon, ink)
        painter.setFont(font)
        painter.setPen(tokens.colour(ink))
        place = chip.adjusted(8 + side + 6, 0, 0, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, index.data())


class AccountsTable(QTableView):
    """Arrows move, Enter goes on to what can be done; Tab leaves."""

    chosen = Signal(object)
    """The row under the cursor, or None."""
    confirmed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = AccountsModel(self)
        self._changing = False
        # Qt keeps no delegate alive by itself.
        self._delegates = (_NameDelegate(self), _RowDelegate(self), _StateDelegate(self))
        name, plain, state = self._delegates
        self.setModel(self._rows)
        self.setItemDelegate(plain)
        self.setItemDelegateForColumn(NAME, name)
        self.setItemDelegateForColumn(STATE, state)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        for column in (NAME, ROLES):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        for column in (LOGIN, STATE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        self._measure()
        self.selectionModel().currentRowChanged.connect(self._on_current)

    @property
    def views(self) -> tuple[AccountView, ...]:
        return self._rows.views

    def current_view(self) -> AccountView | None:
        """The row under the cursor."""
        index = self.currentIndex()
        return self._rows.views[index.row()] if index.isValid() else None

    def show_views(self, views: tuple[AccountView, ...], labels: Mapping[str, str]) -> None:
        """Show these rows; whoever was under the cursor stays there."""
        before = self.current_view()
        # The rows go and come back; to whoever listens, the person under the cursor stays the same all along.
        self._changing = True
        self._rows.show_views(views, labels)
        place = next((row for row, view in enumerate(views) if before and view.id == before.id), -1)
        if place >= 0:
            self.setCurrentIndex(self._rows.index(place, NAME))
        self._changing = False
        self._on_current()

    def retranslate(self) -> None:
        self.setAccessibleName(_("Daftar pengguna"))
        self._rows.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, 3)

    def _measure(self) -> None:
        self.verticalHeader().setMinimumSectionSize(fonts.scaled(_ROW))
        self.verticalHeader().setDefaultSectionSize(fonts.scaled(_ROW))
        self.horizontalHeader().setFixedHeight(fonts.scaled(34))
        self.horizontalHeader().setMinimumSectionSize(fonts.scaled(80))
        self.horizontalHeader().resizeSection(LOGIN, fonts.scaled(150))
        self.horizontalHeader().resizeSection(STATE, fonts.scaled(120))

    def _on_current(self) -> None:
        if not self._changing:
            self.chosen.emit(self.current_view())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.confirmed.emit()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_delegates"):
            self._measure()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        # Qt puts the cursor on the first row, but does not choose it.
        if self.currentIndex().isValid():
            self.selectRow(self.currentIndex().row())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # A notice above takes room; whoever is spoken of stays in sight.
        if self.selectionModel().hasSelection():
            self.scrollTo(self.currentIndex())

    def minimumSizeHint(self) -> QSize:
        return QSize(fonts.scaled(80 + 150 + 80 + 120), fonts.scaled(34 + 3 * _ROW))
