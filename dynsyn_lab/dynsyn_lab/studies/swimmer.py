"""The swimmer's experiments: python -m dynsyn_lab.studies.swimmer NAME ...

learning: online, never reset, from several first weights. transfer: lifetimes of 5 joints in other
bodies, as they are and learning on. ablations: weight sharing, signs, first weights. changes: the
body changes in mid-life. Each writes NAME.csv, NAME.png and NAME.svg. What has been lived is kept
in a work folder, so that a study which was stopped goes on.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dynsyn_lab.cli.arguments import count, whole
from dynsyn_lab.studies.lives import SPAN, Life, be_nice, live_all

SEEDS = range(100, 110)
"""None of them was used to choose a setting."""
FEW_SEEDS = range(100, 105)


@dataclass(frozen=True)
class Arm:
    """One way to begin and to learn, in study `learning`.

    Attributes:
        label: for people.
        network, preset, settings: see `Life`.
        long: whether it lives as long as `Lengths.learning`.
    """

    label: str
    network: dict[str, Any] = field(default_factory=dict)
    preset: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    long: bool = False


ARMS: dict[str, Arm] = {
    "0.3": Arm("from 0.3", {"initial_magnitude": 0.3}, long=True),
    "1": Arm("from 1", long=True),
    "0.5": Arm("from 0.5", {"initial_magnitude": 0.5}),
    "random": Arm("from random", {"initial": "uniform"}),
    "authors": Arm("from 0.3, authors' settings", {"initial_magnitude": 0.3}, "authors"),
    "1-pass": Arm("from 1, osc does not stop", {"saturation": "pass"}, long=True),
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
    """How long the lives of each study are, in spans of 1000 control steps.

    Attributes:
        learning: of the long arms of `learning`.
        authors: of its arm with the authors' settings.
        others: of its other arms.
        transfer: after a move to another body.
        shown: frozen, to see what a lifetime can do.
        ablations: of each arm.
        changes: after the change.
    """

    learning: int
    authors: int
    others: int
    transfer: int
    ablations: int
    changes: int
    shown: int = 5

    def of(self, arm: Arm) -> int:
        """Of an arm of `learning`."""
        if arm.long:
            return self.learning
        return self.authors if arm.preset == "authors" else self.others


def learning(lengths: Lengths) -> list[list[Life]]:
    """Every arm, and then each lifetime frozen as it ended."""
    lives = [
        Life(
            f"learn-{name}-{seed}",
            seed,
            lengths.of(arm),
            network=arm.network,
            preset=arm.preset,
            settings=arm.settings,
        )
        for name, arm in ARMS.items()
        for seed in SEEDS
    ]
    shown = [
        Life(
            f"{life.name}-frozen",
            life.seed,
            lengths.shown,
            learning=False,
            put_back=True,
            parent=life.name,
        )
        for life in lives
    ]
    return [lives, shown]


def parents(lengths: Lengths) -> list[Life]:
    """Lifetimes that have learnt on 5 joints, from weights of 0.3."""
    return [life for life in learning(lengths)[0] if life.name.startswith("learn-0.3-")]


def transfer(lengths: Lengths) -> list[list[Life]]:
    """Every one of them in every length, frozen; and in some lengths learning on."""
    trained = parents(lengths)
    frozen = [
        Life(
            f"zero-shot-{n}-{life.seed}",
            life.seed,
            lengths.shown,
            joints=n,
            learning=False,
            put_back=True,
            parent=life.name,
        )
        for life in trained
        for n in LENGTHS
    ]
    frozen += [
        Life(f"newborn-{n}", SEEDS[0], lengths.shown, joints=n, learning=False, put_back=True)
        for n in LENGTHS
    ]
    on = [
        Life(f"moved-{n}-{life.seed}", life.seed, lengths.transfer, joints=n, parent=life.name)
        for life in trained
        if life.seed in FEW_SEEDS
        for n in LEARNT_LENGTHS
    ]
    after = [
        Life(
            f"{life.name}-frozen",
            life.seed,
            lengths.shown,
            joints=life.joints,
            learning=False,
            put_back=True,
            parent=life.name,
        )
        for life in on
    ]
    return [trained, frozen, on, after]


def ablations(lengths: Lengths) -> list[list[Life]]:
    """The paper's figure 7A: what each of three features is good for."""
    return [
        [
            Life(
                f"ablate-{weights}-{signs}-{initial}-{seed}",
                seed,
                lengths.ablations,
                network={"weights": weights, "signs": signs, "initial": initial},
            )
            for weights, signs, initial in ABLATIONS
            for seed in FEW_SEEDS
        ]
    ]


def changes(lengths: Lengths) -> list[list[Life]]:
    """Lifetimes that have learnt on 5 joints find themselves in another body."""
    trained = parents(lengths)
    lives = [
        Life(
            f"change-{number}-{'learning' if learns else 'frozen'}-{life.seed}",
            life.seed,
            lengths.changes if learns else FROZEN_SPANS,
            learning=learns,
            parent=life.name,
            **change,
        )
        for number, change in enumerate(CHANGES.values())
        for learns in (True, False)
        for life in trained
    ]
    return [trained, lives]


STUDIES = {
    "learning": learning,
    "transfer": transfer,
    "ablations": ablations,
    "changes": changes,
}


STEPS = {
    "learning": 400_000,
    "authors": 100_000,
    "others": 200_000,
    "transfer": 40_000,
    "ablations": 50_000,
    "changes": 40_000,
}
"""Control steps: the defaults of `Lengths`, which give the tables in results/swimmer."""


def with_saturation(stages: list[list[Life]], saturation: str) -> list[list[Life]]:
    """The same lives, of which those that do not say so themselves have this option."""
    return [
        [
            life
            if life.parent or "saturation" in life.network or saturation == "stop"
            else replace(life, network={**life.network, "saturation": saturation})
            for life in lives
        ]
        for lives in stages
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Live what the studies need, then write their tables and figures. Returns 0."""
    parser = argparse.ArgumentParser(prog="python -m dynsyn_lab.studies.swimmer")
    parser.add_argument("studies", nargs="+", choices=STUDIES, metavar="NAME", help="see above")
    parser.add_argument("--out", type=Path, default=Path("results/swimmer"), metavar="DIR")
    parser.add_argument("--work", type=Path, default=Path("runs/swimmer-study"), metavar="DIR")
    parser.add_argument("--processes", type=count, default=2, metavar="N")
    parser.add_argument(
        "--saturation",
        choices=("stop", "pass"),
        default="stop",
        help="what osc does there, in a work folder of its own (stop)",
    )
    parser.add_argument("--nice", type=whole, default=10, metavar="N")
    for name, steps in STEPS.items():
        parser.add_argument(
            f"--{name}-steps", type=count, default=steps, metavar="N", help=f"({steps:,})"
        )
    args = parser.parse_args(argv)
    be_nice(args.nice)
    steps = {name: getattr(args, f"{name}_steps") // SPAN for name in STEPS}
    lengths = Lengths(**steps)
    from dynsyn_lab.studies.swimmer_report import report

    for name in args.studies:
        stages = with_saturation(STUDIES[name](lengths), args.saturation)
        for lives in stages:
            live_all(lives, args.work, args.processes)
        report(name, stages, args.work, args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
