"""The steps of setting up the workspace, in order: environment, wheels, colcon."""
