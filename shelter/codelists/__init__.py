"""Coded words: what is stored is a stable ASCII code, what is read is Indonesian or English (handbook section 11)."""
