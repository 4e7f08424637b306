"""The papers' figures, drawn from one's own runs and checkpoints; see docs/plots.md."""
