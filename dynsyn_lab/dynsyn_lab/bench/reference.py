"""The equations in plain NumPy: what the kernels must compute, and what they are timed against.

Written from Wei & Webb (IROS 2018) and the settings of learner and network, apart from the
kernels: time in each period and its sine, `np.tanh`, matrix products, loops where they read best.
Random numbers come from the same stream in the same order, so that both can be compared over whole
lifetimes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.blueprint import Blueprint
from dynsyn_controller.core.learners.dynamic_synapse.settings import DynamicSynapseSettings
from dynsyn_controller.core.networks.standardisation import BOUND, EPSILON, START_COUNT
from dynsyn_controller.core.networks.walker_options import WalkerOptions

FloatArray = NDArray[np.float64]

_WORD = 2**64 - 1


class SplitMix64:
    """The generator of Steele, Lea and Flood (2014, doi 10.1145/2714064.2660195).

    Args:
        state: the counter, 0 to 2**64 - 1.
    """

    def __init__(self, state: int) -> None:
        self.state = state

    def integer(self) -> int:
        """The next whole number, 0 to 2**64 - 1."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & _WORD
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _WORD
        return z ^ (z >> 31)

    def uniform(self) -> float:
        """The next number in [0, 1), from the upper 53 bits."""
        return (self.integer() >> 11) / 2.0**53

    def normal(self) -> float:
        """The next number from N(0, 1), by Box and Muller from two uniform ones."""
        first, second = self.uniform(), self.uniform()
        return math.sqrt(-2.0 * math.log(1.0 - first)) * math.cos(2.0 * math.pi * second)


class DynamicSynapses:
    """One layer of dynamic synapses (equations 1 to 4).

    Args:
        centre: C at birth, (outputs, inputs).
        settings: of the rule.
        random: source of periods and first phases.
    """

    def __init__(
        self, centre: FloatArray, settings: DynamicSynapseSettings, random: SplitMix64
    ) -> None:
        self.settings, self.random = settings, random
        self.centre = centre
        self.amplitude = np.full(centre.shape, settings.amplitude_initial)
        self.period = np.zeros(centre.shape)
        self.time = np.zeros(centre.shape)
        for at in np.ndindex(centre.shape):
            self.period[at] = self.draw_period()
            self.time[at] = random.uniform() * self.period[at]
        self.weight = self.swing()

    def draw_period(self) -> float:
        """A period in ms (equation 2)."""
        drawn = self.settings.period_mean + self.settings.period_std * self.random.normal()
        return 1000.0 * max(drawn, self.settings.period_minimum)

    def swing(self) -> FloatArray:
        """W now (equation 1)."""
        return self.centre + self.amplitude * np.sin(2.0 * np.pi * self.time / self.period)

    def step(self, reward: float, advantage: float, progress: float, dt: float) -> None:
        """Learn from `reward` (equation 4) and `advantage` (equation 3); swing on by `dt` ms.

        `progress` is the running mean of the reward.
        """
        settings = self.settings
        rate: Any = settings.learning_rate
        if settings.step_exponent != 0:
            rate = rate * (self.amplitude / settings.amplitude_initial) ** settings.step_exponent
        self.centre = self.centre + rate * (self.weight - self.centre) * advantage * dt
        if settings.amplitude_law == "exponential":
            amplitude = self.amplitude * np.exp(-settings.convergence_rate * reward * dt)
        elif settings.amplitude_law == "progress":
            short = np.clip(1.0 - progress / settings.progress_goal, 0.0, 1.0)
            span = settings.amplitude_initial - settings.amplitude_minimum
            amplitude = settings.amplitude_minimum + span * short
            amplitude = np.full_like(self.amplitude, amplitude)
        else:
            amplitude = self.amplitude - settings.convergence_rate * reward * dt
        self.amplitude = np.clip(amplitude, settings.amplitude_minimum, settings.amplitude_maximum)
        self.time = self.time + dt
        for at in zip(*np.nonzero(self.time >= self.period), strict=True):
            self.time[at] -= self.period[at]
            self.period[at] = self.draw_period()
        self.weight = self.swing()


class Oscillators:
    """FitzHugh-Nagumo oscillators (equations 7 and 8), each held down by the others.

    Attributes:
        v, w: states, (count,), dimensionless.
    """

    def __init__(self, count: int, options: WalkerOptions) -> None:
        self.options = options
        self.v, self.w = np.zeros(count), np.zeros(count)

    def slope(self, state: FloatArray, drive: FloatArray) -> FloatArray:
        """d(v, w)/dt in 1/ms at `state` (2, count)."""
        options = self.options
        v, w = state
        dv = v - v**3 - w + drive
        dw = options.oscillator_a * (options.oscillator_b * v - options.oscillator_c * w)
        return options.oscillator_rate * np.array([dv, dw])

    def step(self, drive: FloatArray, dt: float) -> None:
        """Advance by `dt` ms with the input held, by classical Runge-Kutta steps."""
        state, h = np.array([self.v, self.w]), dt / self.options.oscillator_substeps
        bound = self.options.oscillator_bound
        others = (self.v.sum() - self.v) / max(self.v.size - 1, 1)
        drive = drive - self.options.oscillator_coupling * others
        for _ in range(self.options.oscillator_substeps):
            k1 = self.slope(state, drive)
            k2 = self.slope(state + h / 2 * k1, drive)
            k3 = self.slope(state + h / 2 * k2, drive)
            k4 = self.slope(state + h * k3, drive)
            state = np.clip(state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), -bound, bound)
        self.v, self.w = state


class WalkerReference:
    """A lifetime of the four-layer network (figure 5), born and lived as `Controller`'s is.

    Args:
        blueprint: a network of type walker with dynamic synapses.
        seed: 0 or more.

    Attributes:
        layers: hidden, drive and action synapses.
        gain: g of equation 6, (hidden units,).
        hidden, drive, output: values of layer 2, of the oscillators' input and of layer 4.
    """

    def __init__(self, blueprint: Blueprint, seed: int) -> None:
        body = self.body = blueprint.body
        options: WalkerOptions = blueprint.network.options
        settings: DynamicSynapseSettings = blueprint.learner.options
        self.options, self.settings = options, settings
        hidden, oscillators = options.hidden, options.oscillators
        states, joints = len(body.states), len(body.joints)
        inputs = 2 * states + len(body.ranges) + 1 + joints
        generator = np.random.default_rng(seed)
        random = SplitMix64(int(generator.integers(2**64, dtype=np.uint64)))
        reach = options.initial_range
        centres = [
            generator.uniform(-reach, reach, (hidden, inputs)),
            generator.uniform(-reach, reach, (oscillators, hidden + options.oscillator_bias)),
            self._action_centres(),
        ]
        self.layers = [DynamicSynapses(centre, settings, random) for centre in centres]
        self.oscillators = Oscillators(oscillators, options)
        self.gain = np.full(hidden, options.gain_initial)
        self.hidden, self.drive = np.zeros(hidden), np.zeros(oscillators)
        self.output = np.zeros(joints)
        self.baseline, self.progress, self.settling, self.steps = 0.0, 0.0, 0.0, 0
        self.mean, self.variance = np.zeros(states), np.ones(states)

    def _action_centres(self) -> FloatArray:
        """Layer 4 at birth: oscillators to joints as listed, and each joint's own channels."""
        body, options, oscillators = self.body, self.options, self.options.oscillators
        columns = 2 * oscillators + len(body.states) + options.action_bias
        centre = np.zeros((len(body.joints), columns))
        for drive in options.drives:
            column = drive.oscillator + (oscillators if drive.output == "w" else 0)
            centre[body.joints.index(drive.joint), column] = drive.weight
        for joint, channels in enumerate(body.joint_channels):
            for field in ("position", "velocity"):
                if field in channels:
                    column = 2 * oscillators + channels[field]
                    centre[joint, column] = getattr(options, f"{field}_feedback")
        return centre

    def step(
        self,
        observation: FloatArray,
        reward: float,
        terminal: bool = False,
        learning: bool = True,
    ) -> FloatArray:
        """One control step; see `Controller.step`. Returns efforts in N m, (joints,)."""
        if self.steps > 0:
            if learning:
                self._learn(reward, terminal)
                self._adapt()
            self.oscillators.step(self.drive, self.body.dt)
        if not learning:
            for layer in self.layers:
                layer.weight = layer.centre.copy()
        self.steps += 1
        return self._forward(observation, learning)

    def _learn(self, reward: float, terminal: bool) -> None:
        settings, dt, grown = self.settings, self.body.dt, self._earned() ** 2
        least, late = settings.reward_minimum, settings.reward_minimum_late
        if late < 0:
            least += (late - least) * grown
        reward = min(max(reward, least), settings.reward_maximum)
        effort = np.sum(np.minimum(np.abs(self.output), 1.0))
        advantage = reward - settings.effort_cost * grown * effort
        if settings.baseline_time > 0:
            advantage = advantage - self.baseline
            self.baseline += advantage * dt / (1000.0 * settings.baseline_time)
        if not settings.repulsion:
            reward, advantage = max(reward, 0.0), max(advantage, 0.0)
        self.progress += (reward - self.progress) * dt / (1000.0 * settings.progress_time)
        if terminal:
            self.settling = 1000.0 * settings.settling_time * grown
        elif self.settling > 0:
            self.settling -= dt
            advantage = 0.0
        for layer in self.layers:
            layer.step(reward, advantage, self.progress, dt)

    def _earned(self) -> float:
        """The mean reward as a share of the goal, 0..1."""
        return float(np.clip(self.progress / self.settings.progress_goal, 0.0, 1.0))

    def _slowed(self, rate: float) -> float:
        """A rate of what goes its way whatever is earned."""
        if self.options.homeostasis_exponent == 0:
            return rate
        swing = np.mean(self.layers[-1].amplitude) / self.settings.amplitude_initial
        return rate * swing**self.options.homeostasis_exponent

    def _adapt(self) -> None:
        """Sensitivity of the hidden units (equation 5, or the authors' nonlinear form)."""
        options = self.options
        if options.adaptation == "none":
            return
        rate = self._slowed(options.adaptation_rate) * self.body.dt
        change = rate * (options.adaptation_target - np.abs(self.hidden))
        if options.adaptation == "nonlinear":
            change = change * (2.0 - np.log10(self.gain)) * (np.log10(self.gain) + 2.0) / 4.0
        self.gain = self.gain + change

    def _standard(self, values: FloatArray, learning: bool) -> FloatArray:
        """States as layer 4 gets them."""
        options = self.options
        if options.normalisation_time == 0:
            return options.state_scale * values
        if learning:
            rate = self._slowed(self.body.dt / (1000.0 * options.normalisation_time))
            rate = max(rate, 1.0 / (self.steps + START_COUNT))
            deviation = values - self.mean
            self.mean = self.mean + rate * deviation
            self.variance = self.variance + rate * (deviation**2 - self.variance)
        standard = (values - self.mean) / np.sqrt(self.variance + EPSILON)
        return options.state_scale * np.clip(standard, -BOUND, BOUND)

    def _forward(self, observation: FloatArray, learning: bool) -> FloatArray:
        options, body = self.options, self.body
        states = len(body.states)
        scaled = observation * body.sensitivity
        positive = np.maximum(scaled[:states], 0.0)
        negative = np.maximum(-scaled[:states], 0.0) * options.negative_inputs
        inputs = np.tanh(np.concatenate([positive, negative, scaled[states:], [1.0], self.output]))
        to_hidden, to_drive, to_action = self.layers
        self.hidden = np.maximum(np.tanh(self.gain * (to_hidden.weight @ inputs)), 0.0)
        drive = to_drive.weight @ np.concatenate([self.hidden, [1.0] * options.oscillator_bias])
        self.drive = np.tanh(drive) if options.oscillator_activation == "tanh" else drive
        waves = self.oscillators.v, self.oscillators.w
        own = self._standard(observation[:states], learning)
        output = to_action.weight @ np.concatenate([*waves, own, [1.0] * options.action_bias])
        self.output = np.tanh(output) if options.action_activation == "tanh" else output
        return np.clip(self.output, -1.0, 1.0) * body.effort_limit
