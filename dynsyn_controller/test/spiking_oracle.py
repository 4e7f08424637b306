"""The spiking network in plain NumPy, written from its equations, unit by unit and step by step."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dynsyn_controller.core.blueprint import Blueprint

FloatArray = np.ndarray


@dataclass
class SpikingOracle:
    """A fully connected network of LIF or IF units.

    Attributes:
        weights: one matrix (outputs, inputs + 1) a layer, the last column that of a constant 1.
        leaky: LIF, else IF.
        tau: membrane time in steps.
        threshold, reset: potentials.
        steps: T.
        counts: outputs fire and are counted; else they never fire and are read by their voltage.
    """

    weights: list[FloatArray]
    leaky: bool = True
    tau: float = 2.0
    threshold: float = 1.0
    reset: float = 0.0
    steps: int = 16
    counts: bool = False

    def __post_init__(self) -> None:
        self.rest()

    def rest(self) -> None:
        """Every unit at its reset potential."""
        self.potential = [np.full(len(matrix), self.reset) for matrix in self.weights]

    def charge(self, v: FloatArray, x: FloatArray) -> FloatArray:
        """Potential before any spike."""
        return v + (x - (v - self.reset)) / self.tau if self.leaky else v + x

    def decide(self, current: FloatArray) -> FloatArray:
        """Values of the outputs after T steps of a constant current; goes on from `potential`."""
        last = len(self.weights) - 1
        fired = np.zeros(len(self.weights[-1]))
        self.trains: list[list[FloatArray]] = [[] for _ in self.weights]
        for _ in range(self.steps):
            signal = np.asarray(current, dtype=float)
            for layer, matrix in enumerate(self.weights):
                x = matrix[:, :-1] @ signal + matrix[:, -1]
                h = self.charge(self.potential[layer], x)
                if layer == last and not self.counts:
                    self.potential[layer] = h
                    break
                signal = (h >= self.threshold).astype(float)
                self.potential[layer] = np.where(signal > 0, self.reset, h)
                self.trains[layer].append(signal)
            fired += signal if self.counts else 0.0
        return fired / self.steps if self.counts else self.potential[-1].copy()

    def tangent(self, current: FloatArray, changes: list[FloatArray], slope: float) -> FloatArray:
        """Change of the output voltages when weights change by `changes`, times a small number.

        Forward in time, with a sigmoid's derivative in place of a spike's: another way round than
        backpropagation.
        """
        v = [np.full(len(matrix), self.reset) for matrix in self.weights]
        dv = [np.zeros(len(matrix)) for matrix in self.weights]
        last = len(self.weights) - 1
        for _ in range(self.steps):
            signal, change = np.asarray(current, dtype=float), np.zeros(len(current))
            for layer, (matrix, by) in enumerate(zip(self.weights, changes, strict=True)):
                x = matrix[:, :-1] @ signal + matrix[:, -1]
                dx = by[:, :-1] @ signal + by[:, -1] + matrix[:, :-1] @ change
                h = self.charge(v[layer], x)
                keep, gain = (1 - 1 / self.tau, 1 / self.tau) if self.leaky else (1.0, 1.0)
                dh = keep * dv[layer] + gain * dx
                if layer == last:
                    v[layer], dv[layer] = h, dh
                    break
                sigmoid = 0.5 * (1.0 + np.tanh(0.5 * slope * (h - self.threshold)))
                spikes = (h >= self.threshold).astype(float)
                d_spikes = slope * sigmoid * (1.0 - sigmoid) * dh
                v[layer] = (1.0 - spikes) * h + spikes * self.reset
                dv[layer] = (1.0 - spikes) * dh + (self.reset - h) * d_spikes
                signal, change = spikes, d_spikes
        return dv[-1]


def matrices(weight: FloatArray, sizes: tuple[int, ...]) -> list[FloatArray]:
    """Flat weights as one matrix a layer."""
    found, start = [], 0
    for columns, rows in pairwise(sizes):
        stop = start + rows * (columns + 1)
        found.append(weight[start:stop].reshape(rows, columns + 1))
        start = stop
    return found


def oracle_of(plan: Blueprint, weight: np.ndarray) -> SpikingOracle:
    """That of a blueprint's network, with these weights (flat)."""
    chosen = plan.network.options
    return SpikingOracle(
        matrices(weight, plan.network.sizes),
        leaky=chosen.neuron == "lif",
        tau=chosen.membrane_time,
        threshold=chosen.threshold,
        reset=chosen.reset_potential,
        steps=chosen.time_steps,
        counts=chosen.readout == "count",
    )
