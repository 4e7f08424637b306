"""`dynsyn render CHECKPOINT OUT`: the robot moving, as GIF, MP4 or a strip of pictures (PNG)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dynsyn_lab.cli.arguments import OF_THE_BODY, add_life, count, not_negative, positive
from dynsyn_lab.errors import CommandError, UsageError
from dynsyn_lab.pictures.kinds import FILM, KINDS, STRIP


def add_parser(subparsers: Any) -> None:
    """Add `render` to the `dynsyn` command."""
    parser = subparsers.add_parser(
        "render",
        help="show a checkpoint's robot moving: .gif, .mp4 or .png",
        description="Let a checkpoint's lifetime move its robot, and write a film (.gif, .mp4) or "
        "a strip of pictures (.png). The checkpoint does not change.",
        epilog=OF_THE_BODY,
    )
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    parser.add_argument("out", type=Path, metavar="OUT", help="file.gif, file.mp4 or file.png")
    parser.add_argument(
        "--seconds",
        type=positive,
        metavar="S",
        help=f"of the robot's time (film {FILM.seconds:g}, strip {STRIP.seconds:g})",
    )
    parser.add_argument(
        "--from",
        type=not_negative,
        dest="start",
        metavar="S",
        help=f"robot's time before the first picture (film {FILM.start:g}, strip {STRIP.start:g})",
    )
    parser.add_argument(
        "--speed", type=positive, default=1.0, metavar="X", help="of a film; 2: twice as fast (1)"
    )
    parser.add_argument(
        "--fps", type=positive, default=25.0, metavar="F", help="pictures a second at most (25)"
    )
    parser.add_argument(
        "--frames", type=count, default=6, metavar="N", help="pictures in a strip (6)"
    )
    parser.add_argument(
        "--width", type=count, metavar="PIXELS", help="of a film's picture (as drawn)"
    )
    parser.add_argument(
        "--close-up", action="store_true", help="nearer to the robot (a strip always is)"
    )
    parser.add_argument(
        "--panel", action="store_true", help="show oscillators, efforts and reward in step"
    )
    add_life(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Render. Returns 0."""
    kind = KINDS.get(args.out.suffix.lower())
    if kind is None:
        found, expected = args.out.suffix.lower(), ", ".join(KINDS)
        raise UsageError(f"{args.out}: found ending {found!r}, expected one of {expected}")
    if not args.out.absolute().parent.is_dir():
        raise CommandError(f"{args.out}: no such folder {args.out.parent}")
    from dynsyn_lab.pictures.render import Look, Scene, render

    scene = Scene(
        args.checkpoint,
        args.robot,
        args.dotted["robot"],
        args.seed,
        args.learning,
        kind.seconds if args.seconds is None else args.seconds,
        kind.start if args.start is None else args.start,
    )
    look = Look(args.speed, args.fps, args.frames, args.width, args.close_up, args.panel)
    print(render(scene, look, args.out))
    return 0
