"""The pure compute core: NumPy and Numba only; no ROS, no files, no clock."""
