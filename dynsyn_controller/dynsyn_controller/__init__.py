"""What goes onto a robot: a node that learns with dynamic synapses, and its pure compute core."""
