"""The home itself: what it is called, its letterheads, its settings, and the numbers on its papers."""
