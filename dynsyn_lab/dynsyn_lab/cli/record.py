"""`dynsyn record` and `dynsyn replay`: what a controller took and sent, kept and lived again."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from dynsyn_lab.cli.arguments import positive
from dynsyn_lab.errors import UsageError


def add_parser(subparsers: Any) -> None:
    """Add `record` and `replay` to the `dynsyn` command."""
    record = subparsers.add_parser(
        "record",
        help="record what a running controller takes and sends (MCAP)",
        description="Record every message that a running controller takes and sends, and what "
        "each control step made of them, until Ctrl-C. The file is MCAP, for Foxglove, PlotJuggler "
        "and rosbags; the lifetime at its beginning is kept beside it, as NAME.ckpt.",
        epilog="To record from the first step on: dynsyn run ... --record FILE, or record:=FILE of "
        "a launch file.",
    )
    record.add_argument("file", type=Path, metavar="FILE", help="to write (FILE.mcap)")
    record.add_argument("--namespace", default="", metavar="NS", help="of the controller (/)")
    record.add_argument(
        "--duration", type=positive, default=math.inf, metavar="S", help="end after S seconds"
    )
    record.set_defaults(run=run_record)
    replay = subparsers.add_parser(
        "replay",
        help="live a recording again: bit-identical, or where it differs",
        description="Live a recording again through the same core. Exit code 0: observations, "
        "rewards, efforts and weights are bit-identical; 1: the step of the first difference is "
        "named.",
    )
    replay.add_argument("file", type=Path, metavar="FILE", help="recording (MCAP)")
    replay.add_argument(
        "--checkpoint",
        type=Path,
        metavar="BEFORE",
        help="lifetime at its beginning (that beside the file)",
    )
    replay.add_argument(
        "--save", type=Path, metavar="AFTER", help="keep the lifetime at the end in this file"
    )
    replay.set_defaults(run=run_replay)


def run_record(args: argparse.Namespace) -> int:
    """Record until Ctrl-C or the end of the duration. Returns 0.

    Raises:
        UsageError: a namespace that cannot be.
        CommandError: there is no such controller, or it refuses.
    """
    from dynsyn_controller.launching.nodes import absolute_namespace
    from dynsyn_controller.node import middleware
    from dynsyn_controller.node.parameter_table import ParameterError
    from dynsyn_lab.interrupts import Interrupts

    try:
        namespace = absolute_namespace(args.namespace)
    except ParameterError as error:
        raise UsageError(str(error)) from None
    with Interrupts() as interrupts:
        middleware.load()
        from dynsyn_lab.hardware.recorder import record

        for line in record(args.file.absolute(), namespace, args.duration, interrupts):
            print(line, flush=True)
    return 0


def run_replay(args: argparse.Namespace) -> int:
    """Live it again. Returns 0, or 1 where it differs.

    Raises:
        CommandError: the recording cannot be used.
        CheckpointError: the checkpoint cannot be used.
    """
    from dynsyn_lab.hardware.replay import replay

    start = args.checkpoint or args.file.with_suffix(".ckpt")
    outcome = replay(args.file, start, args.save)
    for line in outcome.lines():
        print(line)
    return 1 if outcome.difference else 0
