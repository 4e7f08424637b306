"""Experiments whose tables and figures are in `results/`: each is one command."""
