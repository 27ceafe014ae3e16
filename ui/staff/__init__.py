"""Pengguna: who works here and may enter."""
