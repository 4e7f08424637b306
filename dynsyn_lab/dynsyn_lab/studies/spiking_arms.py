"""Arms of the spiking study: what is lived, with which network and learner, over which seeds.

Settings were chosen on seeds 100 to 103 (DQSN) and 1000 to 1011 (dynamic synapses), which are not
among those that are reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from dynsyn_controller.core.learners.synaptic import MODELS
from dynsyn_lab.studies.spiking_arena import FOREVER

ITERATIONS = 200
SIZES = (4, 8, 16, 32)
SEEDS = 20
LIFETIMES, FEW = 10, 5
DYNAMIC_STEPS = 1_000_000
UNLIMITED_STEPS = 60_000
"""Control steps of a life of DQSN whose episodes have no limit: 200 of one that balances would have
a million."""


@dataclass(frozen=True)
class Arm:
    """One setting.

    Attributes:
        part: of the study, a file of results.
        name: within the part.
        network: options of the spiking network.
        learner: section of a robot file; empty: that of config/robots/cart_pole.yaml.
        episodes: to live.
        limit: frames of an episode.
        seeds: 0 to seeds - 1.
        steps: control steps to live at most, 0: no bound.
        pretrained: episodes of DQSN from which the first weights come, 0: none.
        until_solved: stop at the latest 20 episodes after the task is solved.
    """

    part: str
    name: str
    network: dict[str, Any]
    learner: dict[str, Any] = field(default_factory=dict)
    episodes: int = ITERATIONS
    limit: int = FOREVER
    seeds: int = SEEDS
    steps: int = 0
    pretrained: int = 0
    until_solved: bool = False


def spiking(hidden: int | tuple[int, ...], **options: Any) -> dict[str, Any]:
    """Section `network`: the paper's network with voltages that choose left or right."""
    sizes = [hidden] if isinstance(hidden, int) else list(hidden)
    return {
        "type": "spiking",
        "hidden": sizes,
        "action": "argmax",
        "encoding_gain": 4.0,
        **options,
    }


def _synaptic(**settings: Any) -> dict[str, Any]:
    return {"type": "synaptic", **settings}


def _dqsn(part: str, limit: int, seeds: int, steps: int = 0) -> list[Arm]:
    return [
        Arm(part, f"H={size}", spiking(size), {"type": "dqsn"}, ITERATIONS, limit, seeds, steps)
        for size in (64, 32, 16, 8, 4)
    ]


def _suggestions() -> list[Arm]:
    """What the paper ends with, on model 5 with 8 neurons, its best, and other readings."""

    def arm(name: str, network: dict[str, Any] | None = None, **settings: Any) -> Arm:
        learner = _synaptic(model=5, **settings)
        return Arm("suggestions", name, network or spiking(8), learner)

    return [
        arm("as in table 2"),
        arm("Monte Carlo returns", monte_carlo=True),
        arm("additive, alpha 0.01", form="additive"),
        arm("additive, alpha 0.1", form="additive", alpha=0.1),
        arm("epsilon 0.05 throughout", epsilon_start=0.05),
        arm("epsilon 0.5 throughout", epsilon_start=0.5, epsilon_end=0.5),
        arm("reward 1 / (1 + loss)", reward="inverse_loss"),
        arm("reward: sign of change", reward="change"),
        replace(arm("1000 iterations"), episodes=1000),
        arm("two hidden layers", spiking((8, 8))),
        replace(arm("from 30 episodes of DQSN"), pretrained=30),
    ]


def arms() -> list[Arm]:
    """All of them, in the order in which they are lived."""
    table = [
        Arm("table_2", f"model {model}, H={size}", spiking(size), _synaptic(model=model))
        for size in SIZES
        for model in MODELS
    ]
    alphas = [
        Arm("figure_2", f"alpha={alpha:g}", spiking(16), _synaptic(alpha=alpha))
        for alpha in (0.1, 0.01, 0.001, 0.0001)
    ]
    times = [
        Arm("figure_3", f"T={time}", spiking(16, time_steps=time), _synaptic())
        for time in (4, 8, 16, 32)
    ]
    solved = Arm(
        "solved", "H=64", spiking(64), {"type": "dqsn"}, 2000, 200, LIFETIMES, until_solved=True
    )
    dynamic = Arm("dynamic", "H=16", {}, {}, 100_000, 500, LIFETIMES, DYNAMIC_STEPS)
    return [
        *table,
        *alphas,
        *times,
        *_suggestions(),
        *_dqsn("figure_9", 200, SEEDS),
        *_dqsn("figure_9_unlimited", FOREVER, FEW, UNLIMITED_STEPS),
        solved,
        dynamic,
    ]
