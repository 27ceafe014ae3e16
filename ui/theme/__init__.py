"""How the window looks: named colours, fonts, icons, one style sheet, and Qt's own texts in Indonesian."""
