"""The controller alone, for a real robot: ros2 launch dynsyn_controller controller.launch.py \
    robot_file:=/path/to/robot.yaml checkpoint:=/path/to/robot.ckpt

Needs nothing but dynsyn_controller on the robot. `--show-args` lists the arguments; parameters that
are not among them come from the file `parameters`, in which they have the node's own names.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, Shutdown
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue
from launch_ros.substitutions import FindPackageShare

# launch argument: parameter of the node, its type, default, description
ARGUMENTS = {
    "robot_file": ("robot_file", str, None, "robot file (YAML), or the name of a shipped one"),
    "checkpoint": (
        "checkpoint_path",
        str,
        "",
        "file that the lifetime is continued from, where it exists, and kept in (empty: none)",
    ),
    "learner": ("learner", str, "", "what learns (empty: the robot file's)"),
    "preset": ("preset", str, "", "preset of the learner (empty: the robot file's)"),
    "seed": ("seed", int, "0", "seed of a new-born lifetime"),
    "learning": ("learning", bool, "true", "false: the weights stand still at their centres"),
    "effort_topic": (
        "effort_topic",
        str,
        "",
        "topic of a ros2_control effort controller (std_msgs/Float64MultiArray; empty: none)",
    ),
    "autostart": ("autostart", bool, "true", "false: a lifecycle manager starts the controller"),
}


def generate_launch_description() -> LaunchDescription:
    """Arguments, and one lifecycle node in front of the robot's own drivers."""
    shipped = PathJoinSubstitution(
        [FindPackageShare("dynsyn_controller"), "config/controller.yaml"]
    )
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, (_, _, default, description) in ARGUMENTS.items()
    ]
    controller = Node(
        package="dynsyn_controller",
        executable="controller_node",
        name="controller",
        namespace=LaunchConfiguration("namespace"),
        parameters=[
            ParameterFile(LaunchConfiguration("parameters")),
            {
                parameter: ParameterValue(LaunchConfiguration(name), value_type=kind)
                for name, (parameter, kind, _, _) in ARGUMENTS.items()
            },
        ],
        output="screen",
        on_exit=Shutdown(reason="the controller has ended"),
        sigterm_timeout="10",
        sigkill_timeout="5",
    )
    return LaunchDescription(
        [
            *declared,
            DeclareLaunchArgument("namespace", default_value="", description="of node and topics"),
            DeclareLaunchArgument(
                "parameters", default_value=shipped, description="parameter file"
            ),
            controller,
        ]
    )
