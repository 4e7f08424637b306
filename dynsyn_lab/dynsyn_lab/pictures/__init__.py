"""Pictures and films of moving robots."""
