"""A simulated swimmer and its controller: ros2 launch dynsyn_controller swimmer_sim.launch.py

`joints:=8` makes it longer, and with `checkpoint:=FILE transfer:=true` a lifetime of another length
goes on in it; `--show-args` lists the arguments. The nodes, their names and parameters are those of
`dynsyn sim swimmer`.
"""

from launch import LaunchDescription

from dynsyn_lab.live.launch_actions import simulation


def generate_launch_description() -> LaunchDescription:
    """Arguments and nodes of the stack in dynsyn_lab.live.stack."""
    return LaunchDescription(simulation(robot="swimmer"))
