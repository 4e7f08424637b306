"""`dynsyn render CHECKPOINT OUT`: the robot moving, as GIF, MP4 or a strip of pictures (PNG)."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynsyn_lab.cli.arguments import OF_THE_BODY, add_life, count, not_negative, positive
from dynsyn_lab.cli.errors import CommandError, UsageError

if TYPE_CHECKING:
    import numpy as np

    from dynsyn_lab.rollouts.stage import Moment, Stage

KINDS = (".gif", ".mp4", ".png")
STRIP_SECONDS, FILM_SECONDS = 1.6, 10.0
STRIP_FROM = 3.0
PANEL_WIDTH = 0.9
"""Of a side panel, as a fraction of the picture's height."""


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
        help=f"of the robot's time (film {FILM_SECONDS:g}, strip {STRIP_SECONDS:g})",
    )
    parser.add_argument(
        "--from",
        type=not_negative,
        dest="start",
        metavar="S",
        help=f"robot's time before the first picture (film 0, strip {STRIP_FROM:g})",
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
    from dynsyn_controller.lifetime import checkpoint as checkpoints

    kind = args.out.suffix.lower()
    if kind not in KINDS:
        raise UsageError(f"{args.out}: found ending {kind!r}, expected one of {', '.join(KINDS)}")
    if not args.out.absolute().parent.is_dir():
        raise CommandError(f"{args.out}: no such folder {args.out.parent}")
    if kind == ".mp4":
        from dynsyn_lab.pictures.films import find_ffmpeg

        find_ffmpeg()  # missing: say so before the work, not after
    saved = checkpoints.load(args.checkpoint)
    strip = kind == ".png"
    start = args.start if args.start is not None else (STRIP_FROM if strip else 0.0)
    seconds = args.seconds or (STRIP_SECONDS if strip else FILM_SECONDS)
    # Twice the same life: first to know all that the panel shows, then for the pictures.
    with _stage(args, saved) as stage:
        skipped = round(start / stage.control_period)
        steps = max(1, round(seconds / stage.control_period))
        moments = [stage.step() for _ in range(skipped + steps)][skipped:]
    with _stage(args, saved) as stage:
        for _ in range(skipped):
            stage.step()
        (_render_strip if strip else _render_film)(args, stage, moments)
    falls = sum(moment.terminal for moment in moments)
    ended = f", put back {falls} times" if falls else ""
    mode = "learning" if args.learning else "frozen"
    print(f"{args.out}: {stage.spec.reference}, {seconds:g} s, {mode}{ended}")
    return 0


def _stage(args: argparse.Namespace, saved: Any) -> Stage:
    from dynsyn_lab.rollouts.stage import Stage

    return Stage(saved, args.robot, args.dotted["robot"], args.seed, args.learning)


def _render_film(args: argparse.Namespace, stage: Stage, moments: list[Moment]) -> None:
    from dynsyn_lab.pictures.films import FILMS, written_whole

    stride = max(1, math.ceil(args.speed / (args.fps * stage.control_period) - 1e-9))
    period = stride * stage.control_period / args.speed
    with written_whole(args.out) as path:
        film = FILMS[args.out.suffix.lower()](path, period)
        panel = None
        try:
            for step, moment in enumerate(moments):
                if step % stride == 0:
                    picture = scaled(look(stage, args.close_up), args.width)
                    if args.panel:
                        panel = panel or _panel(moments, stage, picture.shape[0])
                        picture = _beside(picture, panel.draw(moment.time))
                    film.add(picture)
                stage.step()
        finally:
            film.close()


def _panel(moments: list[Moment], stage: Stage, height: int) -> Any:
    from dynsyn_lab.pictures.panel import MovingPanel, signals_of

    height = max(height, 380)  # below that its text does not fit
    return MovingPanel(signals_of(moments, stage), round(PANEL_WIDTH * height), height)


def _beside(picture: np.ndarray, panel: np.ndarray) -> np.ndarray:
    """Picture left, panel right; the lower one is centred on white."""
    import numpy as np

    height = max(picture.shape[0], panel.shape[0])
    padded = []
    for part in (picture, panel):
        above = (height - part.shape[0]) // 2
        rows = (above, height - part.shape[0] - above)
        padded.append(np.pad(part, (rows, (0, 0), (0, 0)), constant_values=255))
    return np.concatenate(padded, axis=1)


def look(stage: Stage, close: bool) -> np.ndarray:
    """The body and its surroundings now, or only what is near to it."""
    picture = stage.frame()
    close_up = stage.spec.entry.close_up
    if not close or close_up is None:
        return picture
    height, width = picture.shape[:2]
    left, top, right, bottom = close_up
    return picture[
        round(top * height) : round(bottom * height), round(left * width) : round(right * width)
    ]


def scaled(picture: np.ndarray, width: int | None) -> np.ndarray:
    """`picture` at this width in pixels; None: as it is."""
    import numpy as np
    from PIL import Image

    if width is None or width == picture.shape[1]:
        return picture
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))


def _render_strip(args: argparse.Namespace, stage: Stage, moments: list[Moment]) -> None:
    from dynsyn_lab.pictures.films import written_whole
    from dynsyn_lab.pictures.panel import signals_of
    from dynsyn_lab.pictures.strip import draw_strip

    last = len(moments) - 1
    frames = min(args.frames, len(moments))
    chosen = {round(i * last / max(frames - 1, 1)) for i in range(frames)}
    pictures = []
    for step, moment in enumerate(moments):
        if step in chosen:
            pictures.append((moment.time, look(stage, close=True)))
        stage.step()
    signals = signals_of(moments, stage) if args.panel else None
    with written_whole(args.out) as path:
        draw_strip(pictures, signals, path)
