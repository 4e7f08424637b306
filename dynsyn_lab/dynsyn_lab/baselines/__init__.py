"""Other ways to learn, from well-kept libraries, on the same robots and in the same run folders."""
