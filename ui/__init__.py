"""The top floor: whatever a person meets, in a window or in a terminal. PySide6 lives only here."""
