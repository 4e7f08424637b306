"""The trials of the swimmer's studies: who learns, in which bodies, for how long.

learning: online, never reset, from several first weights. transfer: lifetimes of 5 joints in other
bodies, as they are and learning on. ablations: weight sharing, signs, first weights. changes: the
body changes in mid-life.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

from dynsyn_lab.studies.trials import Trial

SEEDS = range(100, 110)
"""None of them was used to choose a setting."""
FEW_SEEDS = range(100, 105)


@dataclass(frozen=True)
class Condition:
    """One way to begin and to learn, in the study `learning`.

    Attributes:
        label: for people.
        network, preset, settings: see `Trial`.
        long: whether it is run as long as `Lengths.learning`.
    """

    label: str
    network: dict[str, Any] = field(default_factory=dict)
    preset: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    long: bool = False


CONDITIONS: dict[str, Condition] = {
    "0.3": Condition("from 0.3", {"initial_magnitude": 0.3}, long=True),
    "1": Condition("from 1", long=True),
    "0.5": Condition("from 0.5", {"initial_magnitude": 0.5}),
    "random": Condition("from random", {"initial": "uniform"}),
    "authors": Condition("from 0.3, authors' settings", {"initial_magnitude": 0.3}, "authors"),
    "1-pass": Condition("from 1, osc does not stop", {"saturation": "pass"}, long=True),
}
FROM_ONE = {"1": "it stops", "1-pass": "it passes"}
"""Arms that differ in what becomes of an osc that saturates the first joint -> short labels."""

LENGTHS = range(3, 16)
LEARNT_LENGTHS = (3, 4, 7, 10, 15)
ABLATIONS = tuple(
    itertools.product(("shared", "separate"), ("constrained", "free"), ("equal", "uniform"))
)
FROZEN_SPANS = 10
"""Enough to see what a lifetime that does not learn earns in a changed body."""
CHANGES: dict[str, dict[str, Any]] = {
    "loses two joints": {"joints": 3},
    "gains two joints": {"joints": 7},
    "water twice as thick": {"density": 6000.0},
}


@dataclass(frozen=True)
class Lengths:
    """How long the trials of each study are, in spans of 1000 control steps.

    Attributes:
        learning: of the long conditions of `learning`.
        authors: of its condition with the authors' settings.
        others: of its other conditions.
        transfer: after a move to another body.
        shown: frozen, to see what a lifetime can do.
        ablations: of each condition.
        changes: after the change.
    """

    learning: int
    authors: int
    others: int
    transfer: int
    ablations: int
    changes: int
    shown: int = 5

    def of(self, condition: Condition) -> int:
        """Of a condition of `learning`."""
        if condition.long:
            return self.learning
        return self.authors if condition.preset == "authors" else self.others


def learning(lengths: Lengths) -> list[list[Trial]]:
    """Every condition, and then each lifetime frozen as it ended."""
    trials = [
        Trial(
            f"learn-{name}-{seed}",
            seed,
            lengths.of(condition),
            network=condition.network,
            preset=condition.preset,
            settings=condition.settings,
        )
        for name, condition in CONDITIONS.items()
        for seed in SEEDS
    ]
    shown = [
        Trial(
            f"{trial.name}-frozen",
            trial.seed,
            lengths.shown,
            learning=False,
            put_back=True,
            parent=trial.name,
        )
        for trial in trials
    ]
    return [trials, shown]


def parents(lengths: Lengths) -> list[Trial]:
    """Lifetimes that have learnt on 5 joints, from weights of 0.3."""
    return [trial for trial in learning(lengths)[0] if trial.name.startswith("learn-0.3-")]


def transfer(lengths: Lengths) -> list[list[Trial]]:
    """Every one of them in every length, frozen; and in some lengths learning on."""
    trained = parents(lengths)
    frozen = [
        Trial(
            f"zero-shot-{n}-{trial.seed}",
            trial.seed,
            lengths.shown,
            joints=n,
            learning=False,
            put_back=True,
            parent=trial.name,
        )
        for trial in trained
        for n in LENGTHS
    ]
    frozen += [
        Trial(f"newborn-{n}", SEEDS[0], lengths.shown, joints=n, learning=False, put_back=True)
        for n in LENGTHS
    ]
    on = [
        Trial(f"moved-{n}-{trial.seed}", trial.seed, lengths.transfer, joints=n, parent=trial.name)
        for trial in trained
        if trial.seed in FEW_SEEDS
        for n in LEARNT_LENGTHS
    ]
    after = [
        Trial(
            f"{trial.name}-frozen",
            trial.seed,
            lengths.shown,
            joints=trial.joints,
            learning=False,
            put_back=True,
            parent=trial.name,
        )
        for trial in on
    ]
    return [trained, frozen, on, after]


def ablations(lengths: Lengths) -> list[list[Trial]]:
    """The paper's figure 7A: what each of three features is good for."""
    return [
        [
            Trial(
                f"ablate-{weights}-{signs}-{initial}-{seed}",
                seed,
                lengths.ablations,
                network={"weights": weights, "signs": signs, "initial": initial},
            )
            for weights, signs, initial in ABLATIONS
            for seed in FEW_SEEDS
        ]
    ]


def changes(lengths: Lengths) -> list[list[Trial]]:
    """Lifetimes that have learnt on 5 joints find themselves in another body."""
    trained = parents(lengths)
    trials = [
        Trial(
            f"change-{number}-{'learning' if learns else 'frozen'}-{trial.seed}",
            trial.seed,
            lengths.changes if learns else FROZEN_SPANS,
            learning=learns,
            parent=trial.name,
            **change,
        )
        for number, change in enumerate(CHANGES.values())
        for learns in (True, False)
        for trial in trained
    ]
    return [trained, trials]


STUDIES = {
    "learning": learning,
    "transfer": transfer,
    "ablations": ablations,
    "changes": changes,
}


def with_saturation(stages: list[list[Trial]], saturation: str) -> list[list[Trial]]:
    """The same trials, of which those that do not say so themselves have this option."""
    return [
        [
            trial
            if trial.parent or "saturation" in trial.network or saturation == "stop"
            else replace(trial, network={**trial.network, "saturation": saturation})
            for trial in trials
        ]
        for trials in stages
    ]
