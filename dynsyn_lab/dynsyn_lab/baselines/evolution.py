"""OpenAI-ES, PEPG and CMA-ES: a lifetime whose weights are exchanged between its episodes.

It lives in the compiled core, as a lifetime that learns nothing. A checkpoint of it holds the mean
of the search, not the candidate that is alive. It can be saved after any control step: of the
strategy only the fitness is kept that it was told, which brings a new one of the same seed to the
same place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.networks.ncap import NcapNetwork
from dynsyn_controller.core.networks.standardisation import EPSILON
from dynsyn_lab.baselines.backend import Birth
from dynsyn_lab.baselines.strategies import new_strategy
from dynsyn_lab.policies.policy import Policy, Scaling
from dynsyn_lab.rollouts.loop import StepLoop
from dynsyn_lab.training.changes import Succession

STRETCH = 1024
"""Control steps between two looks."""
VARIANCE_MINIMUM = 1e-8
"""Added to the variance of observations, as `VecNormalize` does."""


class Evolution:
    """See the module and `backend.Peer`.

    Args:
        birth: the lifetime and what it is to learn by.
    """

    def __init__(self, birth: Birth) -> None:
        population, self._birth = birth.population, birth
        self._blueprint, self._states = population.blueprint, population.states
        self._journal = population.journals[0]
        self._living = population.states.copy()
        self._controller = Controller(self._blueprint, self._living)
        start = self._living["weight"][0].copy()
        generator = np.random.default_rng([population.seeds[0], 1])
        self._strategy = new_strategy(birth.settings, start, generator)
        self._candidates = self._strategy.ask()
        channels = len(self._blueprint.body.channels)
        self._count, self._seen = 0, np.zeros((2, channels))
        self._history: list[list[float]] = []
        self._fitness: list[float] = []
        self._returns: list[float] = []
        self._begin_generation()
        body = population.spec.create()
        body.reset(population.course_seeds[0])
        self._loop = StepLoop(population.spec.robot, body, self._act, recording=True)
        self._succession = Succession(population.bodies, self._loop)

    def _act(
        self, observation: NDArray, reward: float, terminal: bool, learning: bool
    ) -> NDArray[np.float64]:
        self._count += 1
        self._seen[0] += observation
        self._seen[1] += observation * observation
        return self._controller.step(observation, reward, terminal, learning)

    @property
    def _steps(self) -> int:
        return int(self._living["steps"][0])

    def live(self) -> None:
        """See `backend.Peer.live`."""
        loop = self._loop
        closing = loop.terminal
        # the step after an end closes the episode
        loop.run(1 if closing else STRETCH)
        self._states[...] = self._living
        if closing:
            self._birth.write()
            self._birth.note(self._journal.close_episode(self._states[0]))
        if loop.terminal:
            self._returns.append(loop.total)
            self._succession.take_body_of(self._steps)
            loop.put_back()
            self._choose()

    def _choose(self) -> None:
        """The candidate of the next episode."""
        if len(self._returns) == self._birth.settings.episodes:
            self._fitness.append(float(np.mean(self._returns)))
            self._returns = []
        if len(self._fitness) == len(self._candidates):
            self._history.append(self._fitness)
            self._strategy.tell(np.array(self._fitness))
            self._fitness = []
            self._candidates = self._strategy.ask()
            self._begin_generation()
        self._living["weight"] = self._candidates[len(self._fitness)]

    def _begin_generation(self) -> None:
        """Statistics of observations change between generations alone."""
        self._living["weight"] = self._candidates[0]
        self._scaling = self._statistics() if self._birth.settings.norm_obs else None
        if self._scaling is not None:
            self._living["input_mean"] = self._scaling.mean
            # the network adds it again
            self._living["input_variance"] = self._scaling.variance - EPSILON

    def _statistics(self) -> Scaling:
        count, clip = self._count, self._birth.settings.clip_obs
        if count < 2:
            channels = self._seen.shape[1]
            return Scaling(np.zeros(channels), np.ones(channels), clip)
        mean = self._seen[0] / count
        variance = np.maximum(self._seen[1] / count - mean**2, 0.0) + VARIANCE_MINIMUM
        return Scaling(mean, variance, clip)

    def policy(self) -> Policy | NDArray[np.float64]:
        """See `backend.Peer.policy`: the mean of the search."""
        mean, layers = self._strategy.mean, []
        if self._blueprint.network.name == NcapNetwork.name:
            return mean
        for layer in self._blueprint.layers:
            matrix = mean[layer.slice].reshape(layer.rows, layer.columns)
            layers.append((matrix[:, :-1].copy(), matrix[:, -1].copy()))
        ones = np.ones(len(self._blueprint.body.joints))
        return Policy(tuple(layers), self._birth.activation, True, -ones, ones, self._scaling)

    def save(self) -> dict[str, NDArray]:
        """See `backend.Peer.save`."""
        scaling = self._scaling or Scaling(np.zeros(0), np.zeros(0), 1.0)
        parts = {
            "living": self._living,
            "history": np.array(self._history).reshape(-1, len(self._candidates)),
            "fitness": np.array(self._fitness),
            "returns": np.array(self._returns),
            "count": np.array(self._count),
            "seen": self._seen,
            "scaling": np.array([scaling.mean, scaling.variance]),
        }
        return parts | {f"body_{name}": part for name, part in self._loop.save().items()}

    def restore(self, parts: dict[str, NDArray]) -> None:
        """See `backend.Peer.restore`."""
        for fitness in parts["history"]:
            self._strategy.tell(fitness)
            self._candidates = self._strategy.ask()
        self._history = parts["history"].tolist()
        self._fitness, self._returns = parts["fitness"].tolist(), parts["returns"].tolist()
        self._count, self._seen = int(parts["count"]), parts["seen"].copy()
        if self._scaling is not None:
            mean, variance = parts["scaling"]
            self._scaling = Scaling(mean, variance, self._birth.settings.clip_obs)
        self._living[...] = parts["living"]
        self._succession.take_body_of(self._steps - len(parts["body_efforts"]))
        self._loop.restore({name: parts[f"body_{name}"] for name in self._loop.save()})

    def close(self) -> None:
        """See `backend.Peer.close`."""
        self._loop.body.close()
