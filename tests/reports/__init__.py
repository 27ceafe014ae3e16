"""Papers: read back, page by page."""
