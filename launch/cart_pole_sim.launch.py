"""A simulated cart and pole: ros2 launch dynsyn_controller cart_pole_sim.launch.py

`--show-args` lists the arguments. The nodes, their names and parameters are those of
`dynsyn sim cart_pole`.
"""

from launch import LaunchDescription

from dynsyn_lab.live.launch_actions import simulation


def generate_launch_description() -> LaunchDescription:
    """Arguments and nodes of the stack in dynsyn_lab.live.stack."""
    return LaunchDescription(simulation(robot="cart_pole"))
