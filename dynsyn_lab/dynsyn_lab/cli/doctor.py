"""`dynsyn doctor`: what is installed, what is missing, and how to get it."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add `doctor` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "doctor",
        help="what is installed, what is missing and how to get it",
        description="List what dynsyn needs and can use. Exit code 1 if a needed thing is missing.",
    )
    parser.add_argument(
        "--load", action="store_true", help="also load each library, which takes some seconds"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the table. Returns 1 only when something required is missing, else 0."""
    from dynsyn_lab.doctor.findings import examine, show
    from dynsyn_lab.doctor.loading import load_all

    findings = list(examine())
    if args.load:
        findings += load_all()
    show(findings)
    missing = [finding.name for finding in findings if finding.state == "MISSING"]
    if missing:
        print(f"\nmissing: {', '.join(missing)}")
        return 1
    print("\neverything required is there")
    if not args.load:
        print("(dynsyn doctor --load sees whether it also loads)")
    return 0
