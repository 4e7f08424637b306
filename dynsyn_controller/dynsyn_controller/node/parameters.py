"""The controller node's parameters: type, default, unit, range and description, beside the code."""

from __future__ import annotations

from dynsyn_controller.node.parameter_table import Parameter
from dynsyn_controller.node.safety_parameters import SAFETY

_LARGEST_SEED = 2**63 - 1

TABLE: tuple[Parameter, ...] = (
    Parameter(
        "robot_file",
        "",
        "Path of the robot file (YAML); a name without a slash, such as walker, is looked up among "
        "the shipped ones. Required.",
    ),
    Parameter(
        "modules",
        0,
        "Number of repeated body modules, for robot files that have them; 0: as the file says.",
        minimum=0,
        maximum=1000,
    ),
    Parameter(
        "learner",
        "",
        "Type of the learner; empty: the checkpoint's, or else the robot file's.",
    ),
    Parameter(
        "preset",
        "",
        "Preset of the learner; empty: the checkpoint's, or else the robot file's.",
    ),
    Parameter(
        "network",
        "",
        "Type of the network; empty: the checkpoint's, or else the robot file's.",
    ),
    Parameter(
        "settings",
        "",
        "Settings of the learner and options of the network that replace the preset's, as "
        "name=value, separated by commas, such as learner.learning_rate=2.4e-5, "
        "network.adaptation=none.",
    ),
    Parameter("seed", 0, "Seed of a new-born lifetime.", minimum=0, maximum=_LARGEST_SEED),
    Parameter(
        "learning",
        True,
        "Learn; false: frozen, every weight stands at what has been learnt.",
        read_only=False,
    ),
    Parameter(
        "exploration_limit",
        1.0,
        "Largest share of its exploration at birth (the swing of its weights) that a lifetime "
        "explores with while it learns: the smaller, the more it earns and the more slowly it "
        "learns; 1: no limit.",
        minimum=0.001,
        maximum=1.0,
        read_only=False,
    ),
    Parameter(
        "checkpoint_path",
        "",
        "File that the lifetime is continued from, where it exists, and saved to; empty: none.",
    ),
    Parameter(
        "checkpoint_period",
        60.0,
        "s between checkpoints; 0: only at shutdown and when asked for.",
        minimum=0.0,
        maximum=86400.0,
        read_only=False,
    ),
    Parameter(
        "copies_hourly",
        24,
        "Earlier copies kept beside the checkpoint, one of each hour lived.",
        minimum=0,
        maximum=10000,
    ),
    Parameter(
        "copies_daily",
        7,
        "Earlier copies kept beside the checkpoint, one of each day lived.",
        minimum=0,
        maximum=10000,
    ),
    Parameter(
        "rollback_fraction",
        0.5,
        "Part of the best mean reward that may be lost before the lifetime goes back by itself to "
        "the copy that earned most; 0: it never does.",
        minimum=0.0,
        maximum=10.0,
    ),
    Parameter(
        "evaluate_every",
        0,
        "One of so many episodes is lived without learning, to see what the lifetime can; 0: none.",
        minimum=0,
        maximum=1_000_000,
    ),
    Parameter(
        "lockstep",
        False,
        "One command for each observation, matched by its stamp, as fast as they come; false: "
        "fixed rate of the robot file.",
    ),
    Parameter(
        "bundled",
        False,
        "Take sensors and reward from the topic bundle, on which dynsyn's bridge sends them "
        "together, in place of their own topics: faster in lockstep, most of all on one machine, "
        "where bundles and commands then go by a local socket.",
    ),
    Parameter(
        "realtime_factor",
        1.0,
        "Factor on the loop's rate, 1 on hardware; must be that of the simulation. Not used in "
        "lockstep.",
        minimum=0.01,
        maximum=100.0,
        read_only=False,
    ),
    Parameter(
        "reward_source",
        "topic",
        "Where the reward comes from: the topic reward, or computed here from the observation by "
        "the robot file's section reward.",
        choices=("topic", "computed"),
    ),
    Parameter(
        "effort_topic",
        "",
        "Topic on which the efforts are also published as std_msgs/Float64MultiArray, in the robot "
        "file's joint order, for ros2_control's forward_command_controller "
        "(interface_name: effort); empty: none.",
    ),
    Parameter(
        "slew_limit",
        0.0,
        "Largest change of an effort in one control step, as a fraction of the joint's effort "
        "limit; 0: not limited.",
        minimum=0.0,
        maximum=2.0,
    ),
    *SAFETY,
    Parameter(
        "stale_periods",
        3.0,
        "Control periods without a message after which an observation (or the reward) is stale: "
        "neutral effort, learning paused; a source slower than control has three periods of its "
        "own. Not used in lockstep.",
        minimum=1.0,
        maximum=1000.0,
        read_only=False,
    ),
    Parameter(
        "operator_timeout",
        0.5,
        "s after which channels that may be absent, such as an operator's command, go back to "
        "their defaults.",
        minimum=0.01,
        maximum=3600.0,
        read_only=False,
    ),
    Parameter(
        "weights_rate",
        1.0,
        "Hz of dynsyn/weights; 0: only once, at activation.",
        minimum=0.0,
        maximum=100.0,
        read_only=False,
    ),
    Parameter(
        "activity_rate",
        10.0,
        "Hz of dynsyn/activity, at most the control rate; 0: none.",
        minimum=0.0,
        maximum=1000.0,
        read_only=False,
    ),
    Parameter(
        "record",
        "",
        "File (MCAP) into which everything that is taken and sent is recorded, to be looked at and "
        "replayed; one that exists is kept, and the new one gets a number; empty: none.",
    ),
    Parameter(
        "autostart",
        True,
        "Configure and activate at start; false: a lifecycle manager does.",
    ),
)
