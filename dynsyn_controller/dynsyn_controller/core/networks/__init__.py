"""Networks: each maps an observation to efforts with weights."""
