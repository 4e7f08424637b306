"""A simulated cart and pole and its controller.

    ros2 launch dynsyn_controller cart_pole_sim.launch.py

`robot.frames:=0` balances without a limit; `--show-args` lists the arguments. The nodes, their
names and parameters are those of `dynsyn sim cart_pole`, which packages dynsyn_sim_bridge and
dynsyn_lab provide.
"""

from launch import LaunchDescription

from dynsyn_controller.launching import actions


def generate_launch_description() -> LaunchDescription:
    """Arguments, and the nodes of `dynsyn sim cart_pole`."""
    return LaunchDescription(actions.simulation("cart_pole"))
