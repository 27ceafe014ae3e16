"""The ground: how anything is stored, keyed, audited and migrated. It knows no word of the work done above it."""
