"""Fusion, a palette and one style sheet for the whole application; theme and size of letters change live.

The sheet speaks of colour, border and padding only. A widget says which rule it means by its property ``look``, a
label by ``tone``.
"""

from string import Template
from typing import Final

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QWidget

from ui.theme import fitting, fonts, tokens
from ui.theme.fonts import Typeface
from ui.theme.tokens import Mode

TONES: Final = (
    "text",
    "text2",
    "text3",
    "primary",
    "on_primary_soft",
    "danger",
    "warning",
    "success",
    "info",
)

_SHEET: Final = Template("""
QFrame[look="ground"] { background: $sunken; border: none; }
QFrame[look="panel"] { background: $surface; border: 1px solid $border; border-radius: 14px; }
QFrame[look="sheet"] {
    background: $surface; border: none; border-left: 1px solid $border;
    border-top-right-radius: 13px; border-bottom-right-radius: 13px;
}
QFrame[look="shade"] { background: $shade; border: none; border-radius: 13px; }
QFrame[look="card"] { background: $card; border: 1px solid $border; border-radius: 12px; }
QFrame[look="line"] { background: $border; border: none; }
QFrame[look="clear"], QWidget[look="clear"] { background: transparent; border: none; }
QFrame[look="notice-info"] { background: $info_soft; border: none; border-radius: 9px; }
QFrame[look="notice-success"] { background: $success_soft; border: none; border-radius: 9px; }
QFrame[look="notice-warning"] { background: $warning_soft; border: none; border-radius: 9px; }
QLineEdit {
    background: $surface; color: $text; border: 1px solid $border_strong; border-radius: 9px; padding: 0 12px;
    selection-background-color: $primary; selection-color: $on_primary; lineedit-password-character: 8226;
}
QLineEdit[look="refused"] { border: 1px solid $warning; }
QLineEdit:focus { border: 2px solid $focus; padding: 0 11px; }
QLineEdit:disabled { background: $canvas; color: $text3; border: 1px solid $border; }
QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar::handle:vertical { background: $disabled; border-radius: 3px; min-height: 30px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {
    background: none; height: 0; width: 0;
}
QTableView { background: transparent; border: none; outline: none; }
QHeaderView, QHeaderView::section { background: transparent; border: none; }
QHeaderView::section { color: $text3; border-bottom: 1px solid $border; padding: 0 12px; }
QMenu { background: $raised; color: $text; border: 1px solid $border; padding: 5px; }
QMenu::item { padding: 6px 24px 6px 10px; border-radius: 6px; }
QMenu::item:selected { background: $primary_soft; color: $on_primary_soft; }
QMenu::item:disabled { color: $disabled; background: transparent; }
QMenu::separator { background: $border; height: 1px; margin: 5px 6px; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 5px 8px; }
""")


def apply(app: QApplication, mode: Mode, scale: float) -> None:
    """Show the whole window in this theme, with letters ``scale`` times as large (1.0, 1.15 or 1.3)."""
    fonts.load()
    tokens.use(mode)
    grown = scale != fonts.scale()
    fonts.use(scale)
    if not app.styleSheet():
        app.setStyle("Fusion")
    app.setFont(Typeface(13).font())
    app.setPalette(palette())
    # The size stands in the sheet, so that Qt takes it for a new one and every widget hears of the change.
    app.setStyleSheet(f"/* {scale} */{sheet()}")
    if grown:
        for widget in app.allWidgets():
            fitting.refit(widget)


def sheet() -> str:
    """The style sheet in the theme that holds now."""
    now = tokens.current()
    names = {name: tokens.value(name) for name in now.__dataclass_fields__}
    card = now.canvas if now is tokens.LIGHT else now.raised
    ground = tokens.colour("sunken")
    shade = f"rgba({ground.red()}, {ground.green()}, {ground.blue()}, 160)"
    rules = [f'QLabel[tone="{tone}"] {{ color: {tokens.value(tone)}; background: transparent; }}' for tone in TONES]
    body = _SHEET.substitute(names, focus=now.focus, card=card, shade=shade)
    return body + "\n".join(rules)


def palette() -> QPalette:
    """The palette of the theme that holds now, for whatever the sheet does not speak of."""
    role = QPalette.ColorRole
    made = QPalette()
    for part, name in (
        (role.Window, "sunken"),
        (role.WindowText, "text"),
        (role.Base, "surface"),
        (role.AlternateBase, "canvas"),
        (role.Text, "text"),
        (role.Button, "surface"),
        (role.ButtonText, "text"),
        (role.BrightText, "on_primary"),
        (role.Highlight, "primary"),
        (role.HighlightedText, "on_primary"),
        (role.Accent, "primary"),
        (role.Link, "primary"),
        (role.LinkVisited, "primary"),
        (role.PlaceholderText, "text3"),
        (role.ToolTipBase, "raised"),
        (role.ToolTipText, "text"),
        (role.Light, "raised"),
        (role.Midlight, "hover"),
        (role.Mid, "border_strong"),
        (role.Dark, "border_strong"),
        (role.Shadow, "border_strong"),
    ):
        made.setColor(part, tokens.colour(name))
    for part in (role.Text, role.WindowText, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, part, tokens.colour("disabled"))
    return made


def look(widget: QWidget, name: str) -> None:
    """Let a widget follow another rule of the sheet; Qt does not notice a changed property by itself."""
    if widget.property("look") != name:
        widget.setProperty("look", name)
        repolish(widget)


def repolish(widget: QWidget) -> None:
    """Make a changed property felt."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
