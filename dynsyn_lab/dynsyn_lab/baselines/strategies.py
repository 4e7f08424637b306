"""Evolution strategies: ask for candidates, tell their fitness. CMA-ES is the package cma's.

A strategy draws from a generator of its own and looks at nothing but the fitness that it is told,
so that the same seed and the same fitness bring it to the same place again.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dynsyn_lab.baselines.settings import CmaSettings, EsSettings, EvolutionSettings, PepgSettings

FloatArray = NDArray[np.float64]


class Strategy(Protocol):
    """What the peer needs."""

    def ask(self) -> FloatArray:
        """Candidates of a new generation, (population, weights)."""

    def tell(self, fitness: FloatArray) -> None:
        """Fitness of the candidates asked for last, (population,); more is better."""

    @property
    def mean(self) -> FloatArray:
        """Where the search stands, (weights,)."""


class Adam:
    """Steps uphill along gradients (Kingma & Ba 2015).

    Args:
        size: of the gradient.
        rate: of a step, > 0.
    """

    def __init__(self, size: int, rate: float) -> None:
        self._first, self._second = np.zeros(size), np.zeros(size)
        self._rate, self._steps = rate, 0

    def step(self, gradient: FloatArray) -> FloatArray:
        """What to add, (size,)."""
        self._steps += 1
        self._first += 0.1 * (gradient - self._first)
        self._second += 0.001 * (gradient**2 - self._second)
        first = self._first / (1.0 - 0.9**self._steps)
        second = self._second / (1.0 - 0.999**self._steps)
        return self._rate * first / (np.sqrt(second) + 1e-8)


class _Pairs:
    """Candidates mean + e and mean - e with normal e; the mean goes uphill by Adam.

    Args:
        start: first mean, (weights,).
        settings: of the strategy.
        generator: of all that is drawn.
    """

    def __init__(
        self, start: FloatArray, settings: EsSettings | PepgSettings, generator: np.random.Generator
    ) -> None:
        self.mean, self.sigma = start.copy(), np.full(start.size, settings.sigma)
        self._pairs, self._generator = settings.population // 2, generator
        self._adam = Adam(start.size, settings.learning_rate)
        self._noise = np.zeros((self._pairs, start.size))

    def ask(self) -> FloatArray:
        """See `Strategy.ask`: all with +, then all with -."""
        self._noise = self.sigma * self._generator.standard_normal(self._noise.shape)
        return np.concatenate([self.mean + self._noise, self.mean - self._noise])


class OpenAiEs(_Pairs):
    """Salimans et al. 2017, with F the centred ranks of the fitness, -0.5..0.5:

    gradient = 1 / (population sigma^2) sum (F+ - F-) e - weight_decay mean
    """

    def __init__(
        self, start: FloatArray, settings: EsSettings, generator: np.random.Generator
    ) -> None:
        super().__init__(start, settings, generator)
        self._decay = settings.weight_decay

    def tell(self, fitness: FloatArray) -> None:
        """See `Strategy.tell`."""
        ranks = np.argsort(np.argsort(fitness)) / (fitness.size - 1) - 0.5
        signed = ranks[: self._pairs] - ranks[self._pairs :]
        gradient = signed @ self._noise / (fitness.size * self.sigma**2)
        self.mean += self._adam.step(gradient - self._decay * self.mean)


class Pepg(_Pairs):
    """Sehnke et al. 2010, symmetric samples; returns r in units of their deviation, b their mean:

    d mean  = sum e (r+ - r-) / 2                      (by Adam)
    d sigma = rate mean ((r+ + r-) / 2 - b) (e^2 - sigma^2) / sigma
    """

    def __init__(
        self, start: FloatArray, settings: PepgSettings, generator: np.random.Generator
    ) -> None:
        super().__init__(start, settings, generator)
        self._rate, self._change = settings.sigma_learning_rate, settings.sigma_change

    def tell(self, fitness: FloatArray) -> None:
        """See `Strategy.tell`."""
        spread = fitness.std()
        standard = (fitness - fitness.mean()) / (spread if spread > 0.0 else 1.0)
        plus, minus = standard[: self._pairs], standard[self._pairs :]
        noise, sigma = self._noise, self.sigma
        self.mean += self._adam.step((plus - minus) / 2.0 @ noise / self._pairs)
        wider = (noise**2 - sigma**2) / sigma
        change = self._rate * ((plus + minus) / 2.0 @ wider) / self._pairs
        self.sigma = sigma + np.clip(change, -self._change * sigma, self._change * sigma)


class CmaEs:
    """The package cma, which minimises (Hansen 2016)."""

    def __init__(
        self, start: FloatArray, settings: CmaSettings, generator: np.random.Generator
    ) -> None:
        import cma

        options: dict[str, Any] = {
            "randn": lambda *shape: generator.standard_normal(shape),
            "seed": np.nan,
            "verbose": -9,
            "verb_log": 0,
            "CMA_diagonal": settings.diagonal,
        }
        if settings.population:
            options["popsize"] = settings.population
        self._search = cma.CMAEvolutionStrategy(start, settings.sigma, options)
        self._asked: list[FloatArray] = []

    def ask(self) -> FloatArray:
        """See `Strategy.ask`."""
        self._asked = self._search.ask()
        return np.array(self._asked)

    def tell(self, fitness: FloatArray) -> None:
        """See `Strategy.tell`."""
        self._search.tell(self._asked, (-fitness).tolist())

    @property
    def mean(self) -> FloatArray:
        """See `Strategy.mean`."""
        return np.array(self._search.mean)


def new_strategy(
    settings: EvolutionSettings, start: FloatArray, generator: np.random.Generator
) -> Strategy:
    """The strategy that these settings belong to.

    Args:
        settings: of it.
        start: first mean, (weights,).
        generator: of all that it draws.
    """
    if isinstance(settings, EsSettings):
        return OpenAiEs(start, settings, generator)
    if isinstance(settings, PepgSettings):
        return Pepg(start, settings, generator)
    assert isinstance(settings, CmaSettings)
    return CmaEs(start, settings, generator)
