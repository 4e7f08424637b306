"""`dynsyn train ROBOT`: lifetimes learn offline, as fast as they can, into a run folder."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from dynsyn_lab.baselines.registry import BASELINES
from dynsyn_lab.cli.arguments import add_joints, count, positive, truth, whole
from dynsyn_lab.cli.dotted import accept_dotted
from dynsyn_lab.cli.train_folder import DOTTED, SAVE_EVERY, TRACE_EVERY, created, resumed
from dynsyn_lab.training.backends.registry import BACKENDS

EPISODES = 10_000


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
    _add_birth(born)
    _add_learner(born)
    _add_life(born)
    _add_limits(parser.add_argument_group("how long (the first that comes)"))
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
    folder = resumed(args) if args.resume else created(args, limits)
    make = None
    if folder.config.baseline:
        from dynsyn_lab.baselines.backend import backend_maker

        make = backend_maker(folder.config)
    train(folder, limits, window, args.tensorboard, make)
    return 0


def _add_birth(group: argparse._ArgumentGroup) -> None:
    """Who they are, and what they go on from."""
    group.add_argument("--lifetimes", type=count, metavar="N", help="how many at once (1)")
    group.add_argument(
        "--seed",
        type=whole,
        metavar="S",
        help="lifetime i is born from the seed S + i (0)",
    )
    group.add_argument(
        "--robot-seed",
        type=whole,
        metavar="S",
        help="courses of lifetime i come from the seed S + i (as its birth)",
    )
    group.add_argument(
        "--hold",
        choices=("birth", "courses"),
        help="the same seed for all: birth: all are born from S, on courses of their own; courses: "
        "all walk the same courses, each with a birth of its own",
    )
    group.add_argument(
        "--from",
        dest="origin",
        type=Path,
        metavar="FILE",
        help="all go on from this checkpoint, with its network and learner, instead of being born",
    )
    group.add_argument(
        "--transfer",
        action="store_true",
        default=None,
        help="with --from: into a body with another number of modules: copy them, or leave them "
        "out",
    )
    add_joints(group)


def _add_learner(group: argparse._ArgumentGroup) -> None:
    """Network and learner."""
    group.add_argument(
        "--learner",
        metavar="TYPE",
        help="what learns (the robot file's); or a baseline, with a perceptron or --network ncap: "
        + ", ".join(BASELINES),
    )
    group.add_argument(
        "--preset",
        metavar="NAME",
        help="of the learner (the robot file's); that of a network: --network.preset",
    )
    group.add_argument("--network", metavar="TYPE", help="of the network (the robot file's)")
    repulsion = group.add_mutually_exclusive_group()
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
    group.add_argument(
        "--adaptation",
        choices=("none", "linear", "nonlinear"),
        help="of the gains (short for --network.adaptation)",
    )


def _add_life(group: argparse._ArgumentGroup) -> None:
    """Where they live, what is kept of it, and what changes."""
    group.add_argument(
        "--backend",
        choices=BACKENDS,
        help="where they live (one: in_process; many: envpool where it is installed)",
    )
    group.add_argument(
        "--save-every",
        type=count,
        metavar="N",
        help=f"control steps of each between checkpoints ({SAVE_EVERY})",
    )
    group.add_argument(
        "--trace-every",
        type=count,
        metavar="N",
        help=f"control steps between rows of trace.csv ({TRACE_EVERY})",
    )
    group.add_argument(
        "--change",
        action="append",
        metavar="OPTION=VALUE@STEP",
        help="an option of the body from this step of the life on, such as torque=0.7@1000000 "
        "(again for each)",
    )


def _add_limits(group: argparse._ArgumentGroup) -> None:
    """How long they live."""
    group.add_argument("--steps", type=count, metavar="N", help="of each, since birth")
    group.add_argument(
        "--episodes",
        type=count,
        nargs="?",
        const=EPISODES,
        metavar="N",
        help=f"of each, since birth ({EPISODES:,} where no number follows)",
    )
    group.add_argument("--hours", type=positive, metavar="H", help="of wall clock, from now")
    group.add_argument(
        "--until-solved",
        action="store_true",
        help="each until its mean return solves the robot's task (walker: 300 over 100 episodes)",
    )
