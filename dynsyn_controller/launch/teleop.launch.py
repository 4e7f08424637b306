"""An operator's velocities, by keyboard or joystick: ros2 launch dynsyn_controller teleop.launch.py

Needs teleop_twist_keyboard, or joy and teleop_twist_joy, of the ROS distribution. `--show-args`
lists the arguments; `topic` is the robot file's, `command` or perhaps `cmd_vel`.
"""

from launch import LaunchDescription

from dynsyn_controller.launching import actions


def generate_launch_description() -> LaunchDescription:
    """Arguments, and the nodes that read keys or sticks."""
    return LaunchDescription(actions.teleop())
