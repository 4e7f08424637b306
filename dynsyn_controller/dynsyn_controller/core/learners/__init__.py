"""Learners: each changes the weights of a network while it acts."""
