"""The line of migrations, one file a revision: ``0001_ground.py``, ``0002_...``. Their order is their number."""
