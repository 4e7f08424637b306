"""A robot of your own: from its description, over checks of its topics, to a first movement."""
