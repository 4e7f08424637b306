"""The pure compute core: NumPy and Numba only; no ROS, no files, no clock."""

from pathlib import Path

from dynsyn_controller.core.kernel_cache import discard_outdated, take_turns
from dynsyn_controller.core.record_types import name_records_by_layout

discard_outdated(Path(__file__).parent)
take_turns()
name_records_by_layout()
