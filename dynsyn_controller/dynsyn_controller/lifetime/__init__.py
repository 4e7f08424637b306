"""A lifetime on disk: checkpoint file, writer, factory."""
