"""`dynsyn monitor`: the live dashboard of any running controller, simulated or real."""

from __future__ import annotations

import argparse
import math
import time
from typing import Any

from dynsyn_lab.cli.errors import CommandError


def add_parser(subparsers: Any) -> None:
    """Add `monitor` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "monitor",
        help="attach the dashboard to a running controller",
        description="Attach the dashboard to a running controller; leaving it does not end that.",
        epilog="Finds controllers that your ROS environment can see (ROS_DOMAIN_ID and the rest).",
    )
    parser.add_argument("--namespace", default="", metavar="NS", help="namespace of the controller")
    parser.add_argument("--headless", action="store_true", help="plain lines, no dashboard")
    parser.add_argument(
        "--duration", type=float, default=math.inf, metavar="S", help="leave after S seconds"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show the controller until it is left; returns the exit code.

    Raises:
        CommandError: no controller reported in the given duration.
    """
    from dynsyn_lab.cli.interrupts import Interrupts
    from dynsyn_lab.live.display import make_display
    from dynsyn_lab.live.watcher import Watcher

    end = time.monotonic() + args.duration
    namespace = "/" + args.namespace.strip("/")
    with (
        Interrupts() as interrupts,
        Watcher(namespace) as watcher,
        make_display(args.headless) as display,
    ):
        display.note(f"listening to {namespace.rstrip('/')}/dynsyn/status")
        while not interrupts.requested and time.monotonic() < end:
            watcher.poll(0.1)
            keys = display.update(watcher.telemetry)
            if "q" in keys:
                break
            watcher.obey(keys)
            if watcher.answer:
                display.note(watcher.answer)
                watcher.answer = ""
        heard = watcher.telemetry.status is not None
    if not heard and math.isfinite(args.duration):
        raise CommandError(f"no controller reported in namespace {namespace}")
    return 0
