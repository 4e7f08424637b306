"""What goes onto a robot: a node that learns with dynamic synapses, and its pure compute core."""

from dynsyn_controller.compile_cache import use_own_cache

use_own_cache()
