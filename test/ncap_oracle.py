"""The NCAP paper's equations in plain NumPy, written down from section 3.3: slow and obvious.

Dorsal is column 0, ventral column 1; row i - 1 is module i.
"""

from __future__ import annotations

import numpy as np

from dynsyn_controller.core.controller import Controller
from dynsyn_lab.bench.reference import DynamicSynapses, SplitMix64, WalkerReference


def rectify(z):
    """f of the paper's text."""
    return np.maximum(z, 0.0)


def clip(z):
    """f of the paper's program."""
    return np.clip(z, 0.0, 1.0)


def square_wave(t: int, period: int) -> np.ndarray:
    """Dorsal and ventral oscillator at control step t."""
    on = t % period < period / 2
    return np.array([1.0, 0.0]) if on else np.array([0.0, 1.0])


def sine_wave(t: int, period: int) -> np.ndarray:
    """Dorsal and ventral oscillator at control step t."""
    wave = 0.5 + 0.5 * np.sin(2.0 * np.pi * t / period)
    return np.array([wave, 1.0 - wave])


def circuit(
    q, oscillator, osc, prop, ipsi, contra, speed=1.0, turn=0.0, w_turn=1.0, w_speed=-1.0, f=rectify
):
    """One pass through the circuit.

    Args:
        q: angles of the N joints in parts of their range, (N,).
        oscillator: dorsal and ventral, (2,).
        osc, prop, ipsi, contra: effective weights: numbers, or arrays of shape (1, 2), (N - 1, 2),
            (N, 2) and (N, 2).
        speed: 0..1.
        turn: -1 (right) to 1 (left).
        w_turn, w_speed: numbers, or arrays of shape (2,) and (N, 2).
        f: activation.

    Returns:
        B neurons (N, 2), muscles (N, 2), outputs (N,) in -1..1.
    """
    joints = len(q)
    q = np.clip(q, -1.0, 1.0)
    bends = np.stack([np.maximum(q[:-1], 0.0), np.maximum(-q[:-1], 0.0)], axis=1)
    turns = np.array([max(-turn, 0.0), max(turn, 0.0)])
    drive = np.empty((joints, 2))
    drive[:1] = osc * oscillator + w_turn * turns
    drive[1:] = prop * bends
    neurons = f(drive + w_speed * (1.0 - speed))
    muscles = f(ipsi * neurons + contra * neurons[:, ::-1])
    return neurons, muscles, np.clip(muscles[:, 0] - muscles[:, 1], -1.0, 1.0)


class NcapReference(WalkerReference):
    """A lifetime of the circuit in plain NumPy: the walker reference's learning, these equations.

    Args:
        controller: a new-born lifetime with the shipped robot file's channels (bends in rad, speed,
            turn), of which only names, settings and first centres are taken.
        seed: the one that it was born with.

    Attributes:
        neurons, muscles: (N, 2), of the last step.
    """

    def __init__(self, controller: Controller, seed: int) -> None:
        self.body, self.settings = controller.body, controller.learner.options
        self.options = controller.network.options
        self.kinds = controller.layers
        random = SplitMix64(int(np.random.default_rng(seed).integers(2**64, dtype=np.uint64)))
        centre = controller.quantity("centre").copy()
        self.layers = [DynamicSynapses(centre, self.settings, random)]
        self.baseline, self.progress, self.settling, self.steps = 0.0, 0.0, 0.0, 0
        self.output = np.zeros(len(self.body.joints))

    @property
    def signs(self) -> np.ndarray:
        """Sign of each synapse under the constraint."""
        return np.concatenate(
            [np.full(k.rows, -1.0 if k.name == "contra" else 1.0) for k in self.kinds]
        )

    def step(self, observation, reward, learning=True):
        """One control step; efforts in N m, (joints,)."""
        synapses, constrained = self.layers[0], self.options.signs == "constrained"
        if self.steps > 0 and learning:
            self._learn(reward, terminal=False)
            if constrained:
                synapses.centre = self._in_reach(synapses.centre)
                synapses.weight = synapses.swing()
        if not learning:
            synapses.weight = synapses.centre.copy()
        weight = synapses.weight
        if constrained:
            weight = self.signs * np.maximum(self.signs * weight, 0.0)
        wave = sine_wave if self.options.oscillator == "sine" else square_wave
        oscillator = wave(self.steps, self.options.period_steps)
        self.steps += 1
        joints = len(self.body.joints)
        self.neurons, self.muscles, self.output = circuit(
            observation[:joints] * (joints + 1) / (2.0 * np.pi),
            oscillator,
            **self._shaped(weight),
            speed=np.clip(observation[joints], 0.0, 1.0),
            turn=np.clip(observation[joints + 1], -1.0, 1.0),
            **self._commands(self._shaped(weight)),
            f=clip if self.options.activation == "clip" else rectify,
        )
        return self.output * self.body.effort_limit

    def _in_reach(self, centre) -> np.ndarray:
        """Centres stop at 0, and those of osc at |osc ipsi| = 1 (at 1 too, where f does)."""
        centre = self.signs * np.maximum(self.signs * centre, 0.0)
        if self.options.saturation == "stop":
            osc, ipsi = (next(k for k in self.kinds if k.name == name) for name in ("osc", "ipsi"))
            first = centre[ipsi.slice][: osc.rows]
            with np.errstate(divide="ignore"):
                reach = 1.0 / first
            if self.options.activation == "clip":
                reach = np.minimum(reach, 1.0)
            centre[osc.slice] = np.minimum(centre[osc.slice], reach)
        return centre

    def _shaped(self, weight) -> dict:
        """Weights by kind, as `circuit` takes them."""
        if self.options.weights == "shared":
            return {kind.name: weight[kind.start] for kind in self.kinds}
        return {kind.name: weight[kind.slice].reshape(-1, 2) for kind in self.kinds}

    def _commands(self, weights: dict) -> dict:
        turn, speed = self.options.turn_weight, self.options.speed_weight
        if self.options.commands == "fixed":
            return {"w_turn": turn, "w_speed": speed}
        drive = np.empty((len(self.body.joints), 2))
        drive[:1], drive[1:] = weights["osc"], weights["prop"]
        return {"w_turn": turn * drive[0], "w_speed": speed * drive}
