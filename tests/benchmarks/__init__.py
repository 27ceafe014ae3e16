"""Measurements: each against a bare equivalent in the same run, so that only ratios count (docs/performance.md)."""
