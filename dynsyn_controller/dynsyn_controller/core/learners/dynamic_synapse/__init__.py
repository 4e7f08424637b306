"""The dynamic-synapse rule as a learner (Wei & Webb, IROS 2018)."""
