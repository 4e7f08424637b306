"""Training, evaluation, plots and the dynsyn command, on the same core as the nodes."""
