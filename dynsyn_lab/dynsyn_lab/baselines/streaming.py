"""Stream AC(lambda) without a robot: learning from single steps, with nothing stored.

Written from the equations of Elsayed, Vasan & Mahmood (arXiv 2410.14606). With d the error of the
value, z the trace of a gradient and w the weights that it belongs to (ObGD):

    d = r + gamma v(s') - v(s)
    M = alpha kappa max(|d|, 1) |z|_1        w <- w + min(alpha / M, alpha) d z
    z_critic <- gamma lambda z_critic + grad v(s)
    z_actor  <- gamma lambda z_actor + grad (log pi(a|s) + tau sign(d) H(pi(.|s)))

Actor and critic are perceptrons of leaky ReLUs whose layers are normalised. Actions are normal; the
actor's outputs are their means, and their deviations before a softplus. Observations are
standardised by all that was seen, rewards divided by the deviation of their discounted sum.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.networks.mlp import LAYER_EPSILON, LEAK
from dynsyn_lab.baselines.settings import StreamSettings

FloatArray = NDArray[np.float64]
EPSILON = 1e-8
"""Added to running variances."""


class RunningStatistics:
    """Mean and variance of all that was seen (Welford 1962).

    Args:
        size: of a sample.

    Attributes:
        values: count in [0, 0]; means in row 1; sums of squared deviations in row 2; (3, size).
    """

    def __init__(self, size: int) -> None:
        self.values = np.zeros((3, size))

    def add(self, sample: FloatArray | float) -> None:
        """Take in a sample, (size,)."""
        count, mean, squares = self.values
        count += 1.0
        deviation = sample - mean
        mean += deviation / count
        squares += deviation * (sample - mean)

    @property
    def mean(self) -> FloatArray:
        """(size,)"""
        return self.values[1]

    @property
    def variance(self) -> FloatArray:
        """(size,); 1 before the second sample."""
        count = self.values[0, 0]
        return self.values[2] / (count - 1.0) if count > 1 else np.ones(self.values.shape[1])


class Network:
    """A perceptron with leaky ReLUs and normalised hidden layers, and its gradient.

    Args:
        sizes: inputs, hidden units of each layer, outputs.
        sparsity: part of each unit's first weights that is 0; the others are U(-b, b) with b = 1 /
            sqrt(inputs), constants 0 (the paper's sparse initialisation).
        generator: of the first weights.

    Attributes:
        weights: flat, all of them.
        layers: weights (outputs, inputs) and constants (outputs,) of each, views of `weights`.
        gradient: flat, as `weights`; what `backward` left.
    """

    def __init__(
        self, sizes: Sequence[int], sparsity: float, generator: np.random.Generator
    ) -> None:
        pairs = list(itertools.pairwise(sizes))
        total = sum((columns + 1) * rows for columns, rows in pairs)
        self.weights, self.gradient = np.zeros(total), np.zeros(total)
        self.layers, self._slopes = (
            self._views(self.weights, pairs),
            self._views(self.gradient, pairs),
        )
        for matrix, _ in self.layers:
            inputs = matrix.shape[1]
            bound = 1.0 / math.sqrt(inputs)
            matrix[:] = generator.uniform(-bound, bound, matrix.shape)
            for row in matrix:
                row[generator.permutation(inputs)[: int(sparsity * inputs)]] = 0.0
        self._known: list[tuple[FloatArray, FloatArray, float]] = []

    @staticmethod
    def _views(
        flat: FloatArray, pairs: list[tuple[int, int]]
    ) -> list[tuple[FloatArray, FloatArray]]:
        views, start = [], 0
        for columns, rows in pairs:
            middle, end = start + columns * rows, start + (columns + 1) * rows
            views.append((flat[start:middle].reshape(rows, columns), flat[middle:end]))
            start = end
        return views

    def forward(self, inputs: FloatArray) -> FloatArray:
        """The outputs, (sizes[-1],); keeps what `backward` needs."""
        self._known, values = [], inputs
        for matrix, constant in self.layers[:-1]:
            sums = matrix @ values + constant
            sums -= sums.mean()
            spread = math.sqrt(sums @ sums / sums.size + LAYER_EPSILON)
            sums /= spread
            self._known.append((values, sums, spread))
            values = np.maximum(sums, LEAK * sums)
        self._last = values
        matrix, constant = self.layers[-1]
        return matrix @ values + constant

    def backward(self, slope: FloatArray) -> None:
        """Fill `gradient` with that of slope . outputs, of the last `forward`."""
        weight, constant = self._slopes[-1]
        np.multiply.outer(slope, self._last, out=weight)
        constant[:] = slope
        back = slope @ self.layers[-1][0]
        for level in range(len(self._known) - 1, -1, -1):
            values, normal, spread = self._known[level]
            own = np.where(normal > 0.0, back, LEAK * back)
            own = (own - own.mean() - normal * (own @ normal / normal.size)) / spread
            weight, constant = self._slopes[level]
            np.multiply.outer(own, values, out=weight)
            constant[:] = own
            if level:
                back = own @ self.layers[level][0]


def bounded_step(
    weights: FloatArray, trace: FloatArray, error: float, rate: float, kappa: float
) -> float:
    """Overshooting-bounded gradient descent, in place; see the module. Returns the step's size."""
    bound = rate * kappa * max(abs(error), 1.0) * float(np.abs(trace).sum())
    size = rate / max(bound, 1.0)
    weights += (size * error) * trace
    return size


class StreamLearner:
    """Actor and critic of one lifetime; see the module.

    Args:
        channels, hidden, joints: sizes.
        settings: see `StreamSettings`.
        generator: of first weights and actions.

    Attributes:
        actor, critic: outputs of the actor are the means, then the deviations before softplus.
        observations: statistics of what was observed.
        rewards: of the discounted sum of rewards.
        traces: of actor and critic, flat.
        generator: as given.
    """

    def __init__(
        self,
        channels: int,
        hidden: Sequence[int],
        joints: int,
        settings: StreamSettings,
        generator: np.random.Generator,
    ) -> None:
        self._settings, self.generator, self._joints = settings, generator, joints
        self.actor = Network((channels, *hidden, 2 * joints), settings.sparsity, generator)
        self.critic = Network((channels, *hidden, 1), settings.sparsity, generator)
        self.traces = (np.zeros_like(self.actor.weights), np.zeros_like(self.critic.weights))
        self.observations, self.rewards = RunningStatistics(channels), RunningStatistics(1)
        self.discounted = 0.0

    def standardise(self, observation: FloatArray) -> FloatArray:
        """Take in an observation, and return it in units of what was seen."""
        self.observations.add(observation)
        seen = self.observations
        return (observation - seen.mean) / np.sqrt(seen.variance + EPSILON)

    def act(self, state: FloatArray) -> FloatArray:
        """An action for a standardised observation, (joints,); not clipped."""
        mean, deviation, _ = self._distribution(state)
        return mean + deviation * self.generator.standard_normal(self._joints)

    def _distribution(self, state: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        outputs = self.actor.forward(state)
        mean, raw = outputs[: self._joints], outputs[self._joints :]
        return mean, np.logaddexp(0.0, raw), raw

    def learn(
        self,
        state: FloatArray,
        action: FloatArray,
        reward: float,
        after: FloatArray,
        terminated: bool,
        ended: bool,
    ) -> float:
        """Learn from one step.

        Args:
            state, after: standardised observations before and after it.
            action: that was taken, not clipped.
            reward: of it, as the robot gives it.
            terminated: nothing comes after it.
            ended: the episode is over, by that or by the end of the course.

        The reward is scaled by the spread of its discounted sum, which begins anew at each end.

        Returns:
            The error of the value.
        """
        own = self._settings
        self.discounted = own.gamma * self.discounted + reward
        self.rewards.add(self.discounted)
        if ended:
            self.discounted = 0.0
        reward /= math.sqrt(float(self.rewards.variance[0]) + EPSILON)
        following = 0.0 if terminated else float(self.critic.forward(after)[0])
        value = float(self.critic.forward(state)[0])
        error = reward + own.gamma * following - value
        self.critic.backward(np.ones(1))
        mean, deviation, raw = self._distribution(state)
        self.actor.backward(self._slope(action, mean, deviation, raw, np.sign(error)))
        decay = own.gamma * own.trace_decay
        for network, trace, kappa in zip(
            (self.actor, self.critic),
            self.traces,
            (own.kappa_actor, own.kappa_critic),
            strict=True,
        ):
            trace *= decay
            trace += network.gradient
            bounded_step(network.weights, trace, error, own.learning_rate, kappa)
            if ended:
                trace[:] = 0.0
        return error

    def _slope(
        self,
        action: FloatArray,
        mean: FloatArray,
        deviation: FloatArray,
        raw: FloatArray,
        sign: float,
    ) -> FloatArray:
        """Gradient of log pi + tau sign(d) H by the actor's outputs."""
        away = (action - mean) / deviation
        by_deviation = (away**2 - 1.0 + self._settings.entropy * sign) / deviation
        return np.concatenate([away / deviation, by_deviation / (1.0 + np.exp(-raw))])
