"""The NCAP paper's equations in plain NumPy, written down from section 3.3: slow and obvious.

Dorsal is column 0, ventral column 1; row i - 1 is module i.
"""

from __future__ import annotations

import numpy as np


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
