"""What is installed, what is missing and how to get it; only the standard library is imported."""
