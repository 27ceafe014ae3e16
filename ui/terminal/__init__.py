"""Teduh at a shell prompt: founding, checking and keeping a home without a window. No Qt is loaded here."""
