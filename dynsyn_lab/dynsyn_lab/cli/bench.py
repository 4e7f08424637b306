"""`dynsyn bench controller|loop|train|spiking`: how fast it is, here and now."""

from __future__ import annotations

import argparse
from typing import Any

from dynsyn_lab.cli.arguments import count, positive
from dynsyn_lab.cli.results import add_json, check_folder, write_json
from dynsyn_lab.errors import UsageError


def add_parser(subparsers: Any) -> None:
    """Add `bench` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "bench",
        help="how fast the control step, the loop over DDS and the trainer are",
        description="Measure on this machine. Other programs that run at the time count, too.",
    )
    parts = parser.add_subparsers(metavar="PART", required=True)
    _add_controller(parts)
    _add_loop(parts)
    _add_train(parts)
    _add_spiking(parts)


def _add_part(parts: Any, name: str, run: Any, about: str) -> argparse.ArgumentParser:
    part = parts.add_parser(name, help=about, description=about.capitalize() + ".")
    add_json(part)
    part.set_defaults(run=run)
    return part


def _add_controller(parts: Any) -> None:
    about = "one control step, beside the same equations in plain NumPy"
    part = _add_part(parts, "controller", run_controller, about)
    part.add_argument("--preset", default="dynsyn", help="of the learner (dynsyn)")
    part.add_argument("--rounds", type=count, default=40, help="of each timing (40)")


def _add_loop(parts: Any) -> None:
    about = "the controller node over DDS, beside a node that only relays"
    part = _add_part(parts, "loop", run_loop, about)
    part.add_argument(
        "--rates",
        type=positive,
        nargs="+",
        default=(50.0, 200.0, 500.0),
        metavar="HZ",
        help="(50 200 500)",
    )
    part.add_argument(
        "--seconds", type=positive, default=10.0, metavar="S", help="of each timing (10)"
    )


def _add_train(parts: Any) -> None:
    about = "the offline trainer, beside its environment alone"
    part = _add_part(parts, "train", run_train, about)
    part.add_argument(
        "--robot", default="walker", metavar="ROBOT", help="as for dynsyn train (walker)"
    )
    part.add_argument("--lifetimes", type=count, default=64, help="in the batch (64)")
    part.add_argument("--rounds", type=count, default=100, help="of each timing (100)")


def _add_spiking(parts: Any) -> None:
    about = "learning decisions of a spiking network, beside SpikingJelly where it is installed"
    part = _add_part(parts, "spiking", run_spiking, about)
    part.add_argument("--rounds", type=count, default=20, help="of each timing (20)")


def run_controller(args: argparse.Namespace) -> int:
    """Measure, print and write the result. Returns 0.

    Raises:
        UsageError: there is no such preset, or no folder for the result.
    """
    from dynsyn_controller.robot.robot import RobotFileError
    from dynsyn_lab.bench.controller import measure

    check_folder("--json", args.json)
    try:
        result = measure(args.preset, args.rounds)
    except RobotFileError as error:
        raise UsageError(str(error)) from None
    _print_figures(result, ".2f")
    write_json(args.json, result)
    return 0


def run_loop(args: argparse.Namespace) -> int:
    """Measure, print and write the results, rate by rate. Returns 0."""
    from dynsyn_lab.bench.loop import measure_rates

    check_folder("--json", args.json)
    results = []
    for result in measure_rates(args.rates, args.seconds):
        results.append(result)
        shown = (f"{name} {_text(value, '.4g')}" for name, value in result.items())
        print("  ".join(shown), flush=True)
    write_json(args.json, results)
    return 0


def run_train(args: argparse.Namespace) -> int:
    """Measure, print and write the result. Returns 0.

    Raises:
        UsageError: there is no such robot, or no folder for the result.
    """
    from dynsyn_lab.bench.train import measure

    check_folder("--json", args.json)
    result = measure(args.robot, args.lifetimes, args.rounds)
    _print_figures(result, ".3f")
    write_json(args.json, result)
    return 0


def run_spiking(args: argparse.Namespace) -> int:
    """Measure, print and write the result. Returns 0.

    Raises:
        UsageError: there is no folder for the result.
    """
    from dynsyn_lab.bench.spiking import measure

    check_folder("--json", args.json)
    result = measure(args.rounds)
    _print_figures(result, ".2f")
    write_json(args.json, result)
    return 0


def _print_figures(result: dict[str, Any], form: str) -> None:
    for name, value in result.items():
        print(f"{name:32} {_text(value, form)}")


def _text(value: Any, form: str) -> str:
    return format(value, f",{form}") if isinstance(value, float) else str(value)
