"""The arguments of a simulated robot's stack; quick to import, for the command line's help."""

from __future__ import annotations

from dynsyn_controller.node.parameter_table import Parameter, Value

AS_SEED = -1
"""The robot's seed where it is the controller's."""

ARGUMENTS = (
    Parameter(
        "robot",
        "walker",
        "simulated robot: a name, gymnasium:ENV_ID, FILE.py:CLASS, or a robot file that says its "
        "simulation",
    ),
    Parameter(
        "joints", 0, "joints of a body that can have any number (0: as in its robot file)", 0, 1000
    ),
    Parameter("learner", "", "what learns (empty: the robot file's)"),
    Parameter("preset", "", "preset of the learner (empty: the robot file's)"),
    Parameter(
        "settings",
        "",
        "settings in place of the preset's, such as "
        "learner.learning_rate=2e-5,network.adaptation=none",
    ),
    Parameter("seed", 0, "seed of the controller when it is born, and of the terrain", 0),
    Parameter("robot_seed", AS_SEED, "seed of the terrain and of the start (-1: as seed)", AS_SEED),
    Parameter(
        "checkpoint",
        "",
        "file that the lifetime is continued from and kept in (empty: in real time a file of this "
        "user for this robot, which begins as a copy of the shipped lifetime where there is one; "
        "in lockstep none, new-born)",
    ),
    Parameter(
        "transfer",
        False,
        "move the checkpoint's lifetime into a body with another number of joints: copy modules, "
        "or leave them out; it is kept in a file beside, FILE-JOINTS.ckpt",
    ),
    Parameter("from_scratch", False, "begin a new-born lifetime, kept only where checkpoint says"),
    Parameter("frozen", False, "do not learn: the weights stand still at their centres"),
    Parameter(
        "lockstep", False, "one command for each observation, as fast as possible, deterministic"
    ),
    Parameter(
        "realtime_factor", 1.0, "simulated seconds per second; not used in lockstep", 0.01, 100.0
    ),
    Parameter("namespace", "", "namespace of all nodes and topics; one for each robot"),
)
"""Every argument of the stack: those of the launch file, and the flags of `dynsyn sim`."""

_WORDS = {"true": True, "false": False}


def from_text(argument: Parameter, text: str) -> Value:
    """The value that `text`, as given to a launch file, stands for.

    Raises:
        ParameterError: it is not of the argument's type, or out of its range.
    """
    kind = type(argument.default)
    try:
        value = _WORDS[text.strip().lower()] if kind is bool else kind(text)
    except (ValueError, KeyError):
        value = text  # which `check` refuses in its own words
    return argument.check(value)
