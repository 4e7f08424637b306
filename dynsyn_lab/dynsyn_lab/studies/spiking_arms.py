"""Arms of the spiking study: what is lived, with which network and learner, over which seeds.

Settings were chosen on seeds 100 to 103 (DQSN) and 1000 to 1011 (dynamic synapses); those that are
reported are other ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dynsyn_controller.core.learners.synaptic import MODELS
from dynsyn_lab.studies.spiking_arena import FOREVER

ITERATIONS = 200
SIZES = (4, 8, 16, 32)
SEEDS = 20
LIFETIMES = 10
DYNAMIC_STEPS = 1_000_000


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


def _dqsn(part: str, sizes: tuple[int, ...], limit: int, seeds: int = SEEDS) -> list[Arm]:
    return [
        Arm(part, f"H={size}", spiking(size), {"type": "dqsn"}, limit=limit, seeds=seeds)
        for size in sizes
    ]


def _suggestions() -> list[Arm]:
    """What the paper ends with, on model 5 with 8 neurons, its best, and other readings."""
    small = spiking(8)
    return [
        Arm("suggestions", name, network, _synaptic(model=5, **settings), **more)
        for name, network, settings, more in (
            ("as in table 2", small, {}, {}),
            ("Monte Carlo returns", small, {"monte_carlo": True}, {}),
            ("additive, alpha 0.01", small, {"form": "additive"}, {}),
            ("additive, alpha 0.1", small, {"form": "additive", "alpha": 0.1}, {}),
            ("epsilon 0.05 throughout", small, {"epsilon_start": 0.05}, {}),
            ("epsilon 0.5 throughout", small, {"epsilon_start": 0.5, "epsilon_end": 0.5}, {}),
            ("reward 1 / (1 + loss)", small, {"reward": "inverse_loss"}, {}),
            ("reward: sign of change", small, {"reward": "change"}, {}),
            ("1000 iterations", small, {}, {"episodes": 1000}),
            ("two hidden layers", spiking((8, 8)), {}, {}),
            ("from 30 episodes of DQSN", small, {}, {"pretrained": 30}),
        )
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
    dynamic = Arm("dynamic", "H=16", {}, {}, 100_000, 500, LIFETIMES, DYNAMIC_STEPS)
    return [
        dynamic,
        *table,
        *_dqsn("figure_9", (64,), 200),
        *alphas,
        *_dqsn("figure_9", (4, 8, 16, 32), 200),
        *times,
        *_suggestions(),
        *_dqsn("figure_9_unlimited", (64, 32, 16, 8, 4), FOREVER, 5),
    ]


PARTS = tuple(dict.fromkeys(arm.part for arm in arms()))
