"""Simulated robots that look to a controller like a ros2_control robot."""
