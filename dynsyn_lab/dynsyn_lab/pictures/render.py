"""A checkpoint's lifetime moving its robot, as a film or as a strip of pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dynsyn_controller.lifetime import atomic, checkpoint
from dynsyn_lab.errors import CommandError
from dynsyn_lab.pictures.films import FILMS, Picture, find_ffmpeg
from dynsyn_lab.pictures.kinds import KINDS, STRIP
from dynsyn_lab.pictures.panel import MovingPanel, signals_of
from dynsyn_lab.pictures.strip import draw_strip
from dynsyn_lab.rollouts.stage import Moment, Stage

PANEL_WIDTH = 0.9
"""Of a side panel, as a fraction of the picture's height."""
LEAST_PANEL_HEIGHT = 380
"""Pixels; below that a panel's text does not fit."""


@dataclass(frozen=True)
class Scene:
    """What is to be seen.

    Attributes:
        checkpoint: file.
        robot, options, seed, learning: see `Stage`.
        seconds: of the robot's time, > 0.
        start: robot's time before the first picture, s, >= 0.
    """

    checkpoint: Path
    robot: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    learning: bool = False
    seconds: float = 10.0
    start: float = 0.0


@dataclass(frozen=True)
class Look:
    """How it is to be seen.

    Attributes:
        speed: of a film; 2: twice as fast.
        fps: pictures a second of a film, at most.
        frames: pictures in a strip.
        width: of a film's picture, pixels; None: as drawn.
        close_up: nearer to the robot; a strip always is.
        panel: oscillators, efforts and reward are shown, too.
    """

    speed: float = 1.0
    fps: float = 25.0
    frames: int = 6
    width: int | None = None
    close_up: bool = False
    panel: bool = False


def render(scene: Scene, look: Look, out: Path) -> str:
    """Write the file; its ending says what it becomes (see `KINDS`). Returns a line for people.

    Raises:
        UsageError: no such robot, or an option that it does not have.
        CheckpointError: the checkpoint is missing or damaged.
        CommandError: the checkpoint is of another robot, or the file cannot be written.
    """
    if out.suffix.lower() == ".mp4":
        find_ffmpeg()  # missing: say so before the work, not after
    # Twice the same life: first to know all that the panel shows, then for the pictures.
    with _open(scene) as stage:
        skipped = round(scene.start / stage.control_period)
        steps = max(1, round(scene.seconds / stage.control_period))
        moments = [stage.step() for _ in range(skipped + steps)][skipped:]
    draw = _draw_strip if KINDS[out.suffix.lower()] is STRIP else _draw_film
    with _open(scene) as stage:
        for _ in range(skipped):
            stage.step()
        try:
            with atomic.replacing(out) as path:
                draw(path, look, stage, moments)
        except OSError as error:
            raise CommandError(f"{out}: cannot be written: {error.strerror or error}") from None
    falls = sum(moment.terminal for moment in moments)
    ended = f", put back {falls} times" if falls else ""
    mode = "learning" if scene.learning else "frozen"
    return f"{out}: {stage.spec.reference}, {scene.seconds:g} s, {mode}{ended}"


def _open(scene: Scene) -> Stage:
    saved = checkpoint.load(scene.checkpoint)
    return Stage(saved, scene.robot, scene.options, scene.seed, scene.learning)


def _draw_film(path: Path, look: Look, stage: Stage, moments: list[Moment]) -> None:
    stride = max(1, math.ceil(look.speed / (look.fps * stage.control_period) - 1e-9))
    period = stride * stage.control_period / look.speed
    film: Any = FILMS[path.suffix.lower()](path, period)
    panel = None
    try:
        for step, moment in enumerate(moments):
            if step % stride == 0:
                picture = scaled(frame(stage, look.close_up), look.width)
                if look.panel:
                    panel = panel or _panel(moments, stage, picture.shape[0])
                    picture = _beside(picture, panel.draw(moment.time))
                film.add(picture)
            stage.step()
    finally:
        film.close()


def _panel(moments: list[Moment], stage: Stage, height: int) -> MovingPanel:
    height = max(height, LEAST_PANEL_HEIGHT)
    return MovingPanel(signals_of(moments, stage), round(PANEL_WIDTH * height), height)


def _beside(picture: Picture, panel: Picture) -> Picture:
    """Picture left, panel right; the lower one is centred on white."""
    height = max(picture.shape[0], panel.shape[0])
    padded = []
    for part in (picture, panel):
        above = (height - part.shape[0]) // 2
        rows = (above, height - part.shape[0] - above)
        padded.append(np.pad(part, (rows, (0, 0), (0, 0)), constant_values=255))
    return np.concatenate(padded, axis=1)


def frame(stage: Stage, close: bool) -> Picture:
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


def scaled(picture: Picture, width: int | None) -> Picture:
    """`picture` at this width in pixels; None: as it is."""
    if width is None or width == picture.shape[1]:
        return picture
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))


def _draw_strip(path: Path, look: Look, stage: Stage, moments: list[Moment]) -> None:
    last = len(moments) - 1
    frames = min(look.frames, len(moments))
    chosen = {round(i * last / max(frames - 1, 1)) for i in range(frames)}
    pictures = []
    for step, moment in enumerate(moments):
        if step in chosen:
            pictures.append((moment.time, frame(stage, close=True)))
        stage.step()
    draw_strip(pictures, signals_of(moments, stage) if look.panel else None, path)
