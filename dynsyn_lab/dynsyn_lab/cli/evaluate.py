"""`dynsyn eval CHECKPOINT`: what a lifetime earns, frozen or learning on, over many episodes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dynsyn_lab.cli.arguments import OF_THE_BODY, add_joints, add_life, count, with_joints
from dynsyn_lab.cli.results import add_json, check_folder, write_json


def add_parser(subparsers: Any) -> None:
    """Add `eval` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "eval",
        help="what a lifetime earns, frozen or learning",
        description="Let a copy of a checkpoint's lifetime live some episodes on courses of their "
        "own, and say what it earned.",
        epilog=OF_THE_BODY,
    )
    parser.add_argument("checkpoint", type=Path, help="file, from dynsyn train or the node")
    parser.add_argument("--episodes", type=count, default=100, metavar="N", help="how many (100)")
    add_life(parser)
    parser.add_argument(
        "--transfer",
        action="store_true",
        help="to a body with another number of modules (--joints N): copy them, or leave them out",
    )
    add_joints(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluate, print and write the result. Returns 0."""
    check_folder("--json", args.json)
    from dynsyn_lab.rollouts.evaluate import evaluate, lines

    result = evaluate(
        args.checkpoint,
        args.episodes,
        args.seed,
        args.learning,
        args.robot,
        with_joints(args),
        args.transfer,
    )
    for line in lines(result):
        print(line)
    write_json(args.json, result)
    return 0
