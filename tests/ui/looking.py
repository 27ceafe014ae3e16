"""What can be said of a page without looking: nothing cut, nothing sideways, everything named and big enough."""

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QLabel,
    QLineEdit,
    QMenu,
    QScrollBar,
    QWidget,
)

from ui.widgets.elided_label import ElidedLabel
from ui.widgets.label import Words
from ui.widgets.scroll import DownScroll

LEAST_TARGET = 24


def shown(page: QWidget) -> Iterator[QWidget]:
    """Every widget of a page that is to be seen now, but not the inside of menus and scroll bars."""
    for widget in page.findChildren(QWidget):
        if widget.isVisibleTo(page) and not isinstance(widget.window(), QMenu) and not isinstance(widget, QScrollBar):
            yield widget


def called(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.objectName() or widget.accessibleName()!r}"


def sideways(page: QWidget) -> Iterator[str]:
    """Pages wider than their room; and what lies beyond the edge of its parent."""
    if page.minimumSizeHint().width() > page.width():
        yield f"{called(page)} needs {page.minimumSizeHint().width()}, has {page.width()}"
    for widget in shown(page):
        if isinstance(widget, DownScroll) and (inside := widget.widget()) is not None:
            needs, has = inside.minimumSizeHint().width(), widget.viewport().width()
            if needs > has:
                yield f"the inside of {called(widget)} needs {needs}, has {has}"
        parent = widget.parentWidget()
        if parent is None or isinstance(parent.parentWidget(), QAbstractScrollArea):
            continue
        if not parent.rect().contains(widget.geometry()):
            yield f"{called(widget)} {widget.geometry()} reaches beyond {called(parent)} {parent.size()}"


def cut(page: QWidget) -> Iterator[str]:
    """Texts with less room than they need. An elided label is cut on purpose, and says all of it in its tooltip."""
    for widget in shown(page):
        if isinstance(widget, QLabel | QAbstractButton | QLineEdit) and widget.height() < _line(widget):
            yield f"{called(widget)} is {widget.height()} high, its letters {_line(widget)}"
        # Words keep the room for their lines by themselves; what has none then is found by ``sideways``.
        if isinstance(widget, ElidedLabel | Words):
            continue
        if isinstance(widget, QLabel | QAbstractButton) and widget.sizeHint().width() > widget.width() + 1:
            yield f"{called(widget)} {widget.text()!r} needs {widget.sizeHint().width()}, has {widget.width()}"
        elif isinstance(widget, QLineEdit) and widget.placeholderText():
            needs = QFontMetrics(widget.font()).horizontalAdvance(widget.placeholderText())
            if needs > widget.width():
                yield f"{called(widget)} has no room for its placeholder"


def unnamed(page: QWidget) -> Iterator[str]:
    """Controls and lists that a screen reader cannot name, and targets too small to hit."""
    for widget in shown(page):
        control = isinstance(widget, QAbstractButton | QLineEdit | QAbstractItemView)
        if not control or widget.focusPolicy() == Qt.FocusPolicy.NoFocus:
            continue
        if not isinstance(widget, QAbstractScrollArea) and min(widget.width(), widget.height()) < LEAST_TARGET:
            yield f"{called(widget)} is {widget.width()} x {widget.height()}"
        name = widget.accessibleName()
        if not name or name != name.strip():
            yield f"{called(widget)} is called {name!r}"


def _line(widget: QWidget) -> int:
    if isinstance(widget, QLabel) and not widget.text():
        return 0
    return QFontMetrics(widget.font()).height() - 2


def texts(page: QWidget) -> Iterator[str]:
    """Every word a person reads or hears on a page."""
    for widget in shown(page):
        own = widget.words if isinstance(widget, Words) else ""
        if isinstance(widget, QLabel | QAbstractButton) and not own:
            own = widget.text()
        yield from (own, widget.accessibleName(), widget.accessibleDescription(), widget.toolTip())
