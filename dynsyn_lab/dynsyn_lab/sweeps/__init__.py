"""Many training runs over settings and seeds, side by side in a table."""
