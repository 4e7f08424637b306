"""The pure compute core: NumPy and Numba only; no ROS, no files, no clock."""

from dynsyn_controller.core.kernel_cache import take_turns
from dynsyn_controller.core.record_types import name_records_by_layout

take_turns()
name_records_by_layout()
