"""Signing in, the lock, the privacy cover and recovery: what stands between a stranger and the work."""
