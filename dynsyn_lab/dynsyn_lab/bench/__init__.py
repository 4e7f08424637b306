"""How fast it is, here and now."""
