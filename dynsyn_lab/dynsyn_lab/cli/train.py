"""`dynsyn train ROBOT`: lifetimes learn offline, as fast as they can, into a run folder."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynsyn_lab.baselines.registry import BASELINES
from dynsyn_lab.cli.arguments import add_joints, count, positive, truth, whole, with_joints
from dynsyn_lab.cli.dotted import accept_dotted
from dynsyn_lab.errors import UsageError
from dynsyn_lab.training.backends.registry import BACKENDS, IN_PROCESS

if TYPE_CHECKING:
    from dynsyn_lab.training.limits import Limits
    from dynsyn_lab.training.run_config import RunConfig
    from dynsyn_lab.training.run_folder import RunFolder

SAVE_EVERY = 100_000
TRACE_EVERY = 1_000
EPISODES = 10_000
DOTTED = ("learner", "network", "robot")
"""Options --PREFIX.KEY."""


def add_parser(subparsers: Any) -> None:
    """Add `train` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "train",
        help="let lifetimes learn offline, as fast as they can",
        description="Let one or many lifetimes of a robot learn offline, never reset, into a run "
        "folder. Without a limit they live until Ctrl-C, which saves.",
        epilog="Any setting of the learner: --learner.KEY VALUE (such as --learner.learning_rate "
        "5e-5). Any option of the network: --network.KEY VALUE (such as "
        "--network.initial_magnitude 0.3). Any option of the body: --robot.KEY VALUE (such as "
        "--robot.joints 7).",
    )
    parser.add_argument(
        "robot",
        nargs="?",
        help="a name, gymnasium:ENV_ID, FILE.py:CLASS, or a robot file that says its simulation "
        "(not with --resume)",
    )
    born = parser.add_argument_group("the lifetimes (not with --resume)")
    born.add_argument("--lifetimes", type=count, metavar="N", help="how many at once (1)")
    born.add_argument(
        "--seed",
        type=whole,
        metavar="S",
        help="lifetime i is born from the seed S + i (0)",
    )
    born.add_argument(
        "--robot-seed",
        type=whole,
        metavar="S",
        help="courses of lifetime i come from the seed S + i (as its birth)",
    )
    born.add_argument(
        "--hold",
        choices=("birth", "courses"),
        help="the same seed for all: birth: all are born from S, on courses of their own; courses: "
        "all walk the same courses, each with a birth of its own",
    )
    born.add_argument(
        "--from",
        dest="origin",
        type=Path,
        metavar="FILE",
        help="all go on from this checkpoint, with its network and learner, instead of being born",
    )
    born.add_argument(
        "--transfer",
        action="store_true",
        default=None,
        help="with --from: into a body with another number of modules: copy them, or leave them "
        "out",
    )
    add_joints(born)
    born.add_argument(
        "--learner",
        metavar="TYPE",
        help="what learns (the robot file's); or a baseline, with a perceptron or --network ncap: "
        + ", ".join(BASELINES),
    )
    born.add_argument(
        "--preset",
        metavar="NAME",
        help="of the learner (the robot file's); that of a network: --network.preset",
    )
    born.add_argument("--network", metavar="TYPE", help="of the network (the robot file's)")
    repulsion = born.add_mutually_exclusive_group()
    repulsion.add_argument(
        "--repulsive",
        type=truth,
        nargs="?",
        const=True,
        metavar="True",
        help="punishment repels (short for --learner.repulsion true); or False",
    )
    repulsion.add_argument(
        "--attractive-only",
        action="store_true",
        default=None,
        help="R <- max(R, 0) (short for --learner.repulsion false)",
    )
    born.add_argument(
        "--adaptation",
        choices=("none", "linear", "nonlinear"),
        help="of the gains (short for --network.adaptation)",
    )
    born.add_argument(
        "--backend",
        choices=BACKENDS,
        help="where they live (one: in_process; many: envpool where it is installed)",
    )
    born.add_argument(
        "--save-every",
        type=count,
        metavar="N",
        help=f"control steps of each between checkpoints ({SAVE_EVERY})",
    )
    born.add_argument(
        "--trace-every",
        type=count,
        metavar="N",
        help=f"control steps between rows of trace.csv ({TRACE_EVERY})",
    )
    born.add_argument(
        "--change",
        action="append",
        metavar="OPTION=VALUE@STEP",
        help="an option of the body from this step of the life on, such as torque=0.7@1000000 "
        "(again for each)",
    )
    limits = parser.add_argument_group("how long (the first that comes)")
    limits.add_argument("--steps", type=count, metavar="N", help="of each, since birth")
    limits.add_argument(
        "--episodes",
        type=count,
        nargs="?",
        const=EPISODES,
        metavar="N",
        help=f"of each, since birth ({EPISODES:,} where no number follows)",
    )
    limits.add_argument("--hours", type=positive, metavar="H", help="of wall clock, from now")
    limits.add_argument(
        "--until-solved",
        action="store_true",
        help="each until its mean return solves the robot's task (walker: 300 over 100 episodes)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="run folder (runs/ROBOT-DATE)")
    parser.add_argument(
        "--resume", type=Path, metavar="DIR", help="continue the run of this folder"
    )
    parser.add_argument(
        "--render", action="store_true", help="watch lifetime 0 in a window (backend in_process)"
    )
    parser.add_argument(
        "--tensorboard",
        action="store_true",
        help="write curves for TensorBoard into the run folder (DIR/tensorboard)",
    )
    accept_dotted(parser, DOTTED)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train. Returns 0; also after Ctrl-C, since nothing is lost."""
    from dynsyn_lab.training.limits import Limits
    from dynsyn_lab.training.tensorboard import writer_class
    from dynsyn_lab.training.train import train
    from dynsyn_lab.training.window import Window

    # no display, no library: say so before a folder is made
    window = Window("dynsyn train") if args.render else None
    if args.tensorboard:
        writer_class()
    seconds = math.inf if args.hours is None else args.hours * 3600.0
    limits = Limits(args.steps, args.episodes, seconds, args.until_solved)
    folder = _resumed(args) if args.resume else _created(args, limits)
    make = None
    if folder.config.baseline:
        from dynsyn_lab.baselines.backend import backend_maker

        make = backend_maker(folder.config)
    train(folder, limits, window, args.tensorboard, make)
    return 0


_BIRTH = [
    "robot",
    "lifetimes",
    "seed",
    "robot_seed",
    "hold",
    "origin",
    "transfer",
    "joints",
    "learner",
    "network",
]
_BIRTH += ["preset", "repulsive", "attractive_only", "adaptation", "backend", "save_every"]
_BIRTH += ["trace_every", "change", "out"]
_FLAGS = {"robot": "robot", "origin": "--from"}
_NOT_OF_BASELINES = [
    "hold",
    "origin",
    "transfer",
    "preset",
    "repulsive",
    "attractive_only",
    "adaptation",
]
_NOT_OF_BASELINES += ["backend", "trace_every", "change", "render"]


def _resumed(args: argparse.Namespace) -> RunFolder:
    from dynsyn_lab.training.run_folder import RunFolder

    for name in _BIRTH:
        if getattr(args, name) is not None:
            shown = _FLAGS.get(name, "--" + name.replace("_", "-"))
            raise UsageError(f"{shown}: cannot be changed with --resume")
    for prefix in DOTTED:
        for key in args.dotted[prefix]:
            raise UsageError(f"--{prefix}.{key}: cannot be changed with --resume")
    folder = RunFolder(args.resume)
    _check_render(args, folder.config)
    return folder


def _created(args: argparse.Namespace, limits: Limits) -> RunFolder:
    from dynsyn_lab.training.limits import check_limits
    from dynsyn_lab.training.run_folder import RunFolder
    from dynsyn_lab.training.run_setup import default_folder, make_config

    if args.robot is None:
        raise UsageError("robot: missing; for example dynsyn train walker")
    if args.learner in BASELINES:
        return _created_baseline(args, limits)
    chosen = {prefix: dict(args.dotted[prefix]) for prefix in ("learner", "network")}
    for prefix, name, given, value in (
        ("learner", "repulsion", args.repulsive, args.repulsive),
        ("learner", "repulsion", args.attractive_only, False),
        ("network", "adaptation", args.adaptation, args.adaptation),
    ):
        if given is not None:
            if name in chosen[prefix]:
                raise UsageError(f"--{prefix}.{name}: given twice")
            chosen[prefix][name] = value
    _check_origin(args)
    config = make_config(
        args.robot,
        robot_options=with_joints(args),
        learner=args.learner,
        preset=args.preset,
        settings=chosen["learner"],
        lifetimes=args.lifetimes or 1,
        seed=args.seed or 0,
        backend=args.backend,
        save_every=args.save_every or SAVE_EVERY,
        trace_every=args.trace_every or TRACE_EVERY,
        network=args.network,
        options=chosen["network"],
        origin=args.origin,
        transfer=bool(args.transfer),
        robot_seed=args.robot_seed,
        changes=args.change or (),
        held=args.hold or "",
    )
    _check_render(args, config)
    check_limits(limits, config)
    return RunFolder.create(args.out or default_folder(config.spec), config)


def _created_baseline(args: argparse.Namespace, limits: Limits) -> RunFolder:
    """A run whose lifetime learns by a baseline."""
    from dynsyn_lab.baselines.run_setup import make_baseline_config
    from dynsyn_lab.training.limits import check_limits
    from dynsyn_lab.training.run_folder import RunFolder
    from dynsyn_lab.training.run_setup import default_folder

    for name in _NOT_OF_BASELINES:
        found = getattr(args, name)
        # a flag that is not given is False, too; --repulsive False is given
        if found is not None and (found is not False or name == "repulsive"):
            shown = _FLAGS.get(name, "--" + name.replace("_", "-"))
            hint = "; that of a network is --network.preset" if name == "preset" else ""
            raise UsageError(f"{shown}: not with --learner {args.learner}{hint}")
    if (args.lifetimes or 1) != 1:
        raise UsageError(
            f"--lifetimes: found {args.lifetimes}, expected 1 with --learner {args.learner}, which "
            "has its process to itself; start one run for each seed"
        )
    config = make_baseline_config(
        args.learner,
        args.robot,
        robot_options=with_joints(args),
        settings=args.dotted["learner"],
        network=args.network,
        options=args.dotted["network"],
        seed=args.seed or 0,
        save_every=args.save_every or SAVE_EVERY,
        robot_seed=args.robot_seed,
    )
    check_limits(limits, config)
    return RunFolder.create(args.out or default_folder(config.spec), config)


def _check_origin(args: argparse.Namespace) -> None:
    """A lifetime that goes on brings network and learner along, and has lived already."""
    if args.origin is None:
        if args.transfer:
            raise UsageError("--transfer: needs --from FILE, the lifetime to move")
        return
    for name in ("learner", "preset"):
        if getattr(args, name) is not None:
            raise UsageError(
                f"--{name}: not with --from, whose lifetime has its own; see --learner.KEY"
            )
    from dynsyn_controller.lifetime import checkpoint

    saved = checkpoint.load(args.origin)
    options = {**args.dotted["network"], **({"type": args.network} if args.network else {})}
    for name in options:
        if name not in saved.robot.blueprint.network.adjustable:
            raise UsageError(f"--network.{name}: not with --from, whose lifetime has its own")
    state = saved.state
    for name in ("steps", "episodes"):
        given, lived = getattr(args, name), int(state[name][0])
        if given is not None and given <= lived:
            raise UsageError(
                f"--{name}: found {given}, but {args.origin} has lived {lived} already: limits "
                "count since birth"
            )


def _check_render(args: argparse.Namespace, config: RunConfig) -> None:
    if args.render and config.backend != IN_PROCESS:
        raise UsageError(f"--render: not with backend {config.backend}, only {IN_PROCESS}")
