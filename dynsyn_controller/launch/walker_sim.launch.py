"""A simulated walker and its controller: ros2 launch dynsyn_controller walker_sim.launch.py

`--show-args` lists the arguments. The nodes, their names and parameters are those of `dynsyn sim`,
which packages dynsyn_sim_bridge and dynsyn_lab provide.
"""

from launch import LaunchDescription

from dynsyn_controller.launching import actions


def generate_launch_description() -> LaunchDescription:
    """Arguments, and the nodes of `dynsyn sim walker`."""
    return LaunchDescription(actions.simulation("walker"))
