"""`dynsyn sim ROBOT`: a simulated robot and its controller as processes, with a live dashboard."""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynsyn_controller.node.parameter_table import Parameter, ParameterError
from dynsyn_lab.cli.dotted import accept_dotted
from dynsyn_lab.cli.errors import CommandError, UsageError
from dynsyn_lab.cli.stack_arguments import ARGUMENTS

if TYPE_CHECKING:
    from dynsyn_lab.live.stack import Stack
    from dynsyn_lab.live.summary import Summary


SETTINGS = "settings"
"""Argument of the stack that is given as --learner.KEY and --network.KEY here."""
DOTTED = ("learner", "network")


def add_parser(subparsers: Any) -> None:
    """Add `sim` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "sim",
        help="run a simulated robot and its controller, with a live dashboard",
        description="Run a simulated robot and its controller as ROS 2 nodes, with a live "
        "dashboard. In real time the lifetime of your last run is continued (kept in "
        "$XDG_STATE_HOME/dynsyn or ~/.local/state/dynsyn).",
        epilog="Without a terminal there is no dashboard but a plain line every few seconds. "
        "ROS_DOMAIN_ID and the rest of the ROS environment are respected; where neither "
        "ROS_AUTOMATIC_DISCOVERY_RANGE nor ROS_LOCALHOST_ONLY is set, the nodes are visible on "
        "this machine only. Any setting of the learner: --learner.KEY VALUE. Any option of the "
        "network: --network.KEY VALUE.",
    )
    for argument in ARGUMENTS:
        if argument.name != SETTINGS:
            _add_argument(parser, argument)
    accept_dotted(parser, DOTTED)
    parser.add_argument(
        "--duration",
        type=_duration,
        default=math.inf,
        metavar="S",
        help="stop after S seconds (wall clock, from the first control step on)",
    )
    parser.add_argument("--headless", action="store_true", help="plain lines, no dashboard")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="write a summary (JSON)")
    parser.add_argument("--composed", action="store_true", help="both nodes in one process")
    parser.set_defaults(run=run)


def _add_argument(parser: argparse.ArgumentParser, argument: Parameter) -> None:
    """A flag for an argument of the stack; `robot` is the positional one."""
    if argument.name == "robot":
        parser.add_argument("robot", nargs="?", default=argument.default, help=argument.description)
        return
    flag = "--" + argument.name.replace("_", "-")
    if isinstance(argument.default, bool):
        parser.add_argument(flag, action="store_true", help=argument.description)
        return
    kind = type(argument.default)
    metavar = {int: "N", float: "X", str: "TEXT"}[kind]
    parser.add_argument(
        flag, type=kind, default=argument.default, metavar=metavar, help=argument.description
    )


def _settings(args: argparse.Namespace) -> str:
    """The dotted options as the node's parameter `settings` has them."""
    return ", ".join(
        f"{section}.{key}={value}"
        for section in DOTTED
        for key, value in args.dotted[section].items()
    )


def _duration(text: str) -> float:
    seconds = float(text)
    if not seconds > 0:
        raise argparse.ArgumentTypeError(f"found {text}, expected seconds above 0")
    return seconds


def run(args: argparse.Namespace) -> int:
    """Run the stack until it is ended; returns the exit code.

    Raises:
        UsageError: arguments that cannot be.
        CommandError: a node ended by itself or badly.
        CheckpointError: a lifetime cannot be moved into this body.
        OSError: a file cannot be written, or the lifetime is being lived elsewhere.
    """
    from dynsyn_lab.live.runs import lifetime_lock, run_folder
    from dynsyn_lab.live.stack import describe
    from dynsyn_lab.rollouts.moving import prepare

    try:
        names = [argument.name for argument in ARGUMENTS if argument.name != SETTINGS]
        values = {name: getattr(args, name) for name in names}
        stack = describe(**values, **{SETTINGS: _settings(args)})
    except ParameterError as error:
        raise UsageError(str(error)) from None
    if args.summary is not None and not args.summary.absolute().parent.is_dir():
        raise UsageError(f"--summary: there is no folder {args.summary.absolute().parent}")
    default_discovery()
    with lifetime_lock(stack.checkpoint):
        prepare(stack)
        summary = _live(stack, args, run_folder(stack.robot))
    for text in summary.lines():
        print(text)
    if args.summary is not None:
        summary.save(args.summary)
    return 0


def default_discovery() -> None:
    """Keep all nodes on this machine, unless the user's environment says otherwise."""
    if not {"ROS_AUTOMATIC_DISCOVERY_RANGE", "ROS_LOCALHOST_ONLY"} & set(os.environ):
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"


def lived_before(checkpoint: Path | None) -> tuple[int, int]:
    """Steps and falls of the lifetime in a file; none where there is no file yet.

    Raises:
        CheckpointError: the file is no lifetime.
    """
    from dynsyn_controller.lifetime.checkpoint import CheckpointError, load

    if checkpoint is None or not checkpoint.exists():
        return 0, 0
    try:
        state = load(checkpoint).state
    except CheckpointError as error:
        raise CheckpointError(f"{error}; --from-scratch lives a new life without it") from None
    return int(state["steps"][0]), int(state["falls"][0])


def _live(stack: Stack, args: argparse.Namespace, folder: Path) -> Summary:
    from dynsyn_controller.core.statistics import AVERAGE_STEPS
    from dynsyn_lab.cli.interrupts import Interrupts
    from dynsyn_lab.live.display import make_display
    from dynsyn_lab.live.processes import Group
    from dynsyn_lab.live.session import Session, commands
    from dynsyn_lab.live.summary import Record
    from dynsyn_lab.live.watcher import Watcher

    record = Record(AVERAGE_STEPS, *lived_before(stack.checkpoint))
    with Interrupts() as interrupts, Group() as group:
        for name, command in commands(stack, folder, args.composed):
            group.start(name, command, folder / f"{name}.log")
        with Watcher(stack.namespace, record.add_status, record.add_weights) as watcher:
            session = Session(stack, group, watcher, record, interrupts, args.duration)
            with make_display(args.headless) as display:
                failure = session.live(display)
                group.stop(meanwhile=lambda: watcher.poll(0.01))
            watcher.poll(0.2)  # the last reports
        failure = failure or session.failure()
    if failure:
        raise CommandError(failure)
    return record.finish(
        stack.spec.reference,
        "lockstep" if stack.lockstep else "realtime",
        str(stack.checkpoint or ""),
    )
