"""The controller alone, for a real robot: ros2 launch dynsyn_controller controller.launch.py \
    robot_file:=/path/to/robot.yaml checkpoint:=/path/to/robot.ckpt

Needs nothing but dynsyn_controller on the robot. `--show-args` lists the arguments; parameters that
are not among them come from the file `params_file`, in which they have the node's own names.
"""

from launch import LaunchDescription

from dynsyn_controller.launching import actions


def generate_launch_description() -> LaunchDescription:
    """Arguments, and one lifecycle node in front of the robot's own drivers."""
    return LaunchDescription(actions.controller())
