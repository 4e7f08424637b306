"""`dynsyn bench controller|loop|train`: how fast it is, here and now."""

from __future__ import annotations

import argparse
from typing import Any

from dynsyn_lab.bench import controller as bench_controller
from dynsyn_lab.bench import loop as bench_loop
from dynsyn_lab.bench import train as bench_train
from dynsyn_lab.cli.errors import UsageError

PARTS = {
    "controller": (bench_controller, "one control step, beside the same equations in plain NumPy"),
    "loop": (bench_loop, "the controller node over DDS, beside a node that only relays"),
    "train": (bench_train, "the offline trainer, beside its environment alone"),
}


def add_parser(subparsers: Any) -> None:
    """Add `bench` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "bench",
        help="how fast the control step, the loop over DDS and the trainer are",
        description="Measure on this machine. Other programs that run at the time count, too.",
    )
    parts = parser.add_subparsers(metavar="PART", required=True)
    for name, (module, description) in PARTS.items():
        part = parts.add_parser(name, help=description, description=description.capitalize() + ".")
        module.add_arguments(part)
        part.set_defaults(run=_checked(module.run))


def _checked(run: Any) -> Any:
    """`run`, but a result that could not be written is found out before hours are spent."""

    def check_and_run(args: argparse.Namespace) -> int:
        path = args.json
        if path is not None and not path.absolute().parent.is_dir():
            raise UsageError(f"--json: there is no folder {path.absolute().parent}")
        return run(args)

    return check_and_run
