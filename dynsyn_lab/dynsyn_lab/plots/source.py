"""What figures are drawn from: a lifetime of a training run, or a checkpoint alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.learners.dynamic_synapse.learner import DynamicSynapse
from dynsyn_controller.core.learners.dynamic_synapse.settings import DynamicSynapseSettings
from dynsyn_controller.core.networks.base import LayerSpec
from dynsyn_controller.lifetime import checkpoint as checkpoints
from dynsyn_lab.errors import CommandError, UsageError
from dynsyn_lab.training.run_folder import RunFolder

CHECKPOINTS = ("checkpoint.ckpt", "solved.ckpt", "best.ckpt")


class NotDrawable(CommandError):
    """What a figure shows is not there (yet), or this robot does not have it."""


@dataclass(frozen=True)
class Synapse:
    """One synapse: where it is in the network, and between which units.

    Attributes:
        name: "layer.row.column", as in trace.csv.
        index: within the flat arrays.
        label: "input → output", for people.
    """

    name: str
    index: int
    label: str


@dataclass(frozen=True)
class Source:
    """A lifetime to draw.

    Attributes:
        path: the run folder or checkpoint file that was named.
        run: the run; None: a checkpoint alone.
        lifetime: index within the run.
        synapses: names of those to show; empty: a choice is made.
        robot: registered robot; empty: the run's or the checkpoint's own.
        seed: of its course where it has to be watched.
        options: of its body there, in place of the run's.
    """

    path: Path
    run: RunFolder | None
    lifetime: int = 0
    synapses: Sequence[str] = field(default=())
    robot: str = ""
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def checkpoint(self) -> checkpoints.Checkpoint:
        """The lifetime as it was saved last.

        Raises:
            NotDrawable: nothing has been saved yet.
            CheckpointError: it is damaged.
        """
        if self.run is None:
            return checkpoints.load(self.path)
        folder = self.run.lifetime(self.lifetime)
        for name in CHECKPOINTS:
            if (folder / name).exists():
                return checkpoints.load(folder / name)
        raise NotDrawable(f"run {self.path}: {folder.name}: no checkpoint has been saved yet")

    @cached_property
    def controller(self) -> Controller:
        """The lifetime, ready to go on."""
        return self.checkpoint.controller()

    @property
    def quantities(self) -> dict[str, NDArray[np.float64]]:
        """What there is of every synapse, flat: the weight, and what its learner keeps of it."""
        controller = self.controller
        kept = {name: controller.quantity(name) for name in controller.learner.quantities}
        return {"weight": controller.weight, **kept}

    @cached_property
    def curve(self) -> dict[str, NDArray[np.float64]]:
        """Columns of curve.csv.

        Raises:
            NotDrawable: no episode has ended yet, or a checkpoint alone was given.
        """
        return finished_episodes(self._run("returns of episodes"), self.lifetime)

    @cached_property
    def trace(self) -> dict[str, NDArray[np.float64]]:
        """Columns of trace.csv.

        Raises:
            NotDrawable: it has fewer than two rows, or a checkpoint alone was given.
        """
        run = self._run("what became of its synapses over time")
        path = run.lifetime(self.lifetime) / "trace.csv"
        trace = run.trace(self.lifetime) if path.exists() else {}
        if len(trace.get("step", ())) < 2:
            raise NotDrawable(f"run {self.path}: {path.parent.name}/trace.csv: fewer than two rows")
        return trace

    def _run(self, what: str) -> RunFolder:
        if self.run is None:
            raise NotDrawable(f"{self.path}: a checkpoint does not hold {what}; name a run folder")
        return self.run

    def hours(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Simulated hours of so many control steps."""
        return steps / (self.checkpoint.robot.control_rate * 3600.0)

    def chosen(self, count: int) -> list[Synapse]:
        """`count` synapses to show: those asked for, else the middle one of each layer in turn.

        Raises:
            UsageError: a name that is none, or too few of them.
        """
        layers = self.controller.layers
        if self.synapses:
            if len(self.synapses) < count:
                raise UsageError(f"--synapses: {len(self.synapses)} named, this takes {count}")
            return [find_synapse(layers, name) for name in self.synapses[:count]]
        every = [synapse(layer, row, column) for layer, row, column in _spread(layers, count)]
        if len(every) < count:
            raise NotDrawable(f"the network has {len(every)} synapses, this takes {count}")
        return every

    def traced(self) -> list[Synapse]:
        """The synapses in trace.csv, or those of them that were asked for.

        Raises:
            UsageError: one that is not in it.
        """
        names = [n.removesuffix(".weight") for n in self.trace if n.endswith(".weight")]
        for name in self.synapses:
            if name not in names:
                raise UsageError(
                    f"--synapses: {name} is not in trace.csv; it has {', '.join(names)}"
                )
        layers = self.controller.layers
        return [find_synapse(layers, name) for name in self.synapses or names]


def swinging(source: Source) -> DynamicSynapseSettings:
    """Settings of a lifetime's dynamic synapses.

    Raises:
        NotDrawable: it has another learner.
    """
    learner = source.controller.learner
    if not isinstance(learner, DynamicSynapse):
        raise NotDrawable(
            f"{source.path}: found learner {learner.name}, expected {DynamicSynapse.name}"
        )
    return learner.options


def open_source(
    path: Path,
    lifetime: int = 0,
    synapses: Sequence[str] = (),
    robot: str = "",
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
) -> Source:
    """The run folder or checkpoint at `path`; the others are attributes of `Source`.

    Raises:
        RunError: a folder without a run.
        CommandError: nothing there.
        UsageError: the run has no such lifetime.
    """
    if path.is_file():
        return Source(path, None, 0, synapses, robot, seed, options or {})
    if not path.exists():
        raise CommandError(f"{path}: no such run folder or checkpoint")
    run = RunFolder(path)
    if not 0 <= lifetime < run.config.lifetimes:
        raise UsageError(f"--lifetime: found {lifetime}, expected 0 to {run.config.lifetimes - 1}")
    # a body that changes on the way is the one that the checkpoint names
    born = {} if run.config.changes else run.config.robot_options
    options = {**born, **(options or {})}
    return Source(path, run, lifetime, synapses, robot or run.config.robot, seed, options)


def finished_episodes(run: RunFolder, lifetime: int) -> dict[str, NDArray[np.float64]]:
    """Columns of a lifetime's curve.csv.

    Raises:
        NotDrawable: no episode has ended yet.
    """
    path = run.lifetime(lifetime) / "curve.csv"
    curve = run.curve(lifetime) if path.exists() else {}
    if not len(curve.get("episode", ())):
        raise NotDrawable(f"run {run.path}: {path.parent.name}: no episode has ended yet")
    return curve


def synapse(layer: LayerSpec, row: int, column: int) -> Synapse:
    """The synapse at this place of a layer."""
    label = f"{layer.input_names[column]} → {layer.output_names[row]}"
    index = layer.start + row * layer.columns + column
    return Synapse(f"{layer.name}.{row}.{column}", index, label)


def find_synapse(layers: Sequence[LayerSpec], name: str) -> Synapse:
    """The synapse called "layer.row.column".

    Raises:
        UsageError: there is none; the message says what there is.
    """
    layer_name, _, place = name.partition(".")
    row, _, column = place.partition(".")
    if row.isdecimal() and column.isdecimal():
        for layer in layers:
            inside = int(row) < layer.rows and int(column) < layer.columns
            if layer.name == layer_name and inside:
                return synapse(layer, int(row), int(column))
    shapes = ", ".join(f"{layer.name} ({layer.rows} x {layer.columns})" for layer in layers)
    raise UsageError(f"--synapses: no {name!r}; expected LAYER.ROW.COLUMN of {shapes}")


def _spread(layers: Sequence[LayerSpec], count: int) -> list[tuple[LayerSpec, int, int]]:
    """Up to `count` places, from the last layer (nearest to the joints) backwards, in turns."""
    found: list[tuple[LayerSpec, int, int]] = []
    turn = 0
    while len(found) < count and any(turn < layer.columns * layer.rows for layer in layers):
        for layer in reversed(layers):
            if turn < layer.rows * layer.columns:
                row, column = turn % layer.rows, (turn // layer.rows) % layer.columns
                found.append((layer, row, column))
        turn += 1
    return found[:count]
