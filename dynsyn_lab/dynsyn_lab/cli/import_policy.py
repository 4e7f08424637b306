"""`dynsyn import`: what was learnt elsewhere, or by another learner, as a lifetime."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynsyn_lab.cli.arguments import positive, whole
from dynsyn_lab.cli.dotted import accept_dotted
from dynsyn_lab.errors import UsageError

if TYPE_CHECKING:
    from dynsyn_controller.robot.robot import Robot

KINDS = (".zip", ".onnx", ".ckpt")


def add_parser(subparsers: Any) -> None:
    """Add `import` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "import",
        help="make a lifetime of a policy that was learnt elsewhere (.zip, .onnx)",
        description="Make a lifetime of a policy: a .zip of Stable-Baselines3 (PPO, A2C, SAC, TQC, "
        "TD3, DDPG, ARS), an ONNX file that holds a perceptron, or a checkpoint whose "
        "weights another learner is to go on with. The lifetime runs in the node as every other.",
        epilog="Any setting of the learner: --learner.KEY VALUE (such as "
        "--learner.amplitude_initial 0.02). Any option of the robot's body: --robot.KEY VALUE.",
    )
    parser.add_argument(
        "robot", help="that it drives: a name, gymnasium:ENV_ID, FILE.py:CLASS, or a robot file"
    )
    parser.add_argument("file", type=Path, metavar="FILE", help=f"policy: {', '.join(KINDS)}")
    parser.add_argument("out", type=Path, metavar="OUT", help="checkpoint to write")
    parser.add_argument(
        "--statistics",
        type=Path,
        metavar="FILE.pkl",
        help="of observations, as VecNormalize of Stable-Baselines3 saves them (.zip only)",
    )
    parser.add_argument(
        "--joints",
        default="",
        metavar="NAMES",
        help="in the order of the policy's actions, with commas (that of the file, or the robot's)",
    )
    parser.add_argument(
        "--inputs",
        choices=("channels", "readings"),
        help="what the policy was learnt with: channels of the robot file, in its order, or the "
        "sensors' readings before they are scaled (channels; of gymnasium:ENV_ID, readings)",
    )
    parser.add_argument("--learner", default="none", metavar="TYPE", help="what learns on (none)")
    parser.add_argument("--preset", metavar="NAME", help="of the learner (the robot file's)")
    parser.add_argument(
        "--residual",
        type=positive,
        metavar="K",
        help="leave the policy alone, and let a residual beside it learn, which moves no effort by "
        "more than K times its limit, K at most 2 (needs --learner)",
    )
    parser.add_argument(
        "--seed", type=whole, default=0, metavar="S", help="of what the learner draws (0)"
    )
    accept_dotted(parser, ("learner", "robot"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the checkpoint. Returns 0.

    Raises:
        UsageError: arguments that cannot be, or a policy that does not fit the robot.
        CommandError: a package that the file needs is not installed.
        CheckpointError: a checkpoint cannot be read or written.
    """
    kind = args.file.suffix.lower()
    _check(args, kind)
    from dynsyn_controller.lifetime import checkpoint
    from dynsyn_lab.policies.lifetimes import Learning, from_checkpoint, from_policy, of_readings
    from dynsyn_lab.policies.policy import PolicyError

    learning = Learning(
        args.learner, args.preset, args.dotted["learner"], args.seed, args.residual or 0.0
    )
    try:
        robot = _robot(args)
        if kind == ".ckpt":
            robot, controller = from_checkpoint(args.file, robot, learning)
        else:
            policy = _policy(args, kind)
            if (args.inputs or _inputs_of(robot)) == "readings":
                policy = of_readings(policy, robot)
            joints = [name.strip() for name in args.joints.split(",") if name.strip()]
            robot, controller = from_policy(policy, robot, joints, learning, str(args.file))
    except (PolicyError, ValueError) as error:
        raise UsageError(str(error)) from None
    checkpoint.save(args.out, robot, controller)
    network, learner = controller.network, controller.learner
    print(
        f"{args.out}: robot {robot.name}, network {network.name} with {network.synapses} weights, "
        f"learner {learner.name}"
    )
    return 0


def _check(args: argparse.Namespace, kind: str) -> None:
    """Check what goes with what."""
    if kind not in KINDS:
        raise UsageError(f"{args.file}: found ending {kind!r}, expected one of {', '.join(KINDS)}")
    if args.statistics and kind != ".zip":
        raise UsageError(f"--statistics: only with a .zip, found {kind}")
    for flag, given in (("--joints", args.joints), ("--inputs", args.inputs)):
        if given and kind == ".ckpt":
            raise UsageError(f"{flag}: not with a checkpoint, which has its own")
    if args.residual:
        from dynsyn_controller.core.networks.residual import LARGEST_SCALE

        if args.learner == "none":
            raise UsageError("--residual: needs --learner TYPE, which is to learn it")
        if args.residual > LARGEST_SCALE:
            raise UsageError(
                f"--residual: found {args.residual:g}, expected at most {LARGEST_SCALE:g}, from "
                "one limit of effort to the other"
            )
    if args.out.exists():
        raise UsageError(f"{args.out}: is there already; name another file")


def _robot(args: argparse.Namespace) -> Robot:
    """The robot file; that of a real robot need not say a simulation."""
    from dynsyn_controller.robot.robot_file import load_robot
    from dynsyn_sim_bridge.robots.spec import describe

    if args.robot.endswith((".yaml", ".yml")):
        robot = load_robot(args.robot)
        if robot.simulation is None:
            return robot
    return describe(args.robot, args.dotted["robot"]).robot


def _inputs_of(robot: Robot) -> str:
    """The robot file of an environment of gymnasium scales what policies are learnt with there."""
    home = robot.simulation
    return "readings" if home and home.robot.startswith("gymnasium:") else "channels"


def _policy(args: argparse.Namespace, kind: str) -> Any:
    if kind == ".onnx":
        from dynsyn_lab.policies.onnx_file import read_onnx

        return read_onnx(args.file)
    from dynsyn_lab.policies.sb3_file import read_sb3

    return read_sb3(args.file, args.statistics)
