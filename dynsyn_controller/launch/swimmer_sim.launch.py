"""A simulated swimmer and its controller: ros2 launch dynsyn_controller swimmer_sim.launch.py

`joints:=8` makes it longer, and with `checkpoint:=FILE transfer:=true` a lifetime of another length
goes on in it; `robot.density:=6000` and other options of its body may be given; `--show-args` lists
the other arguments. The nodes, their names and parameters are those of `dynsyn sim swimmer`, which
packages dynsyn_sim_bridge and dynsyn_lab provide.
"""

from launch import LaunchDescription

from dynsyn_controller.launching import actions


def generate_launch_description() -> LaunchDescription:
    """Arguments, and the nodes of `dynsyn sim swimmer`."""
    return LaunchDescription(actions.simulation("swimmer"))
