"""The pure compute core: NumPy and Numba only; no ROS, no files, no clock."""

from dynsyn_controller.core.record_types import name_records_by_layout

name_records_by_layout()
