"""Random numbers inside the kernels, with their whole state in the lifetime's record.

SplitMix64 (Steele, Lea and Flood 2014, doi 10.1145/2714064.2660195): a counter through a mixing
function. Handing a NumPy Generator to a Numba kernel costs several times a whole control step (its
methods are looked up at every call), and a record that holds its own generator makes a checkpoint,
a snapshot or a batch of lifetimes one copy.
"""

from __future__ import annotations

import math

import numpy as np

from dynsyn_controller.core.numba_support import njit

NOISE_FIELDS = [("random_state", np.uint64)]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_1, _SHIFT_2, _SHIFT_3, _SHIFT_4 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_TO_UNIT = 2.0**-53


@njit(cache=True, inner=True)
def uniform(record):
    """A float64 in [0, 1) from `record.random_state`, which moves on."""
    record.random_state = record.random_state + _GOLDEN
    mixed = record.random_state
    mixed = (mixed ^ (mixed >> _SHIFT_1)) * _MIX_1
    mixed = (mixed ^ (mixed >> _SHIFT_2)) * _MIX_2
    mixed = mixed ^ (mixed >> _SHIFT_3)
    return (mixed >> _SHIFT_4) * _TO_UNIT


@njit(cache=True, inner=True)
def normal(record, mean, std):
    """A float64 from N(mean, std^2) by the Box-Muller transform of two uniform numbers."""
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform(record)))
    return mean + std * radius * math.cos(2.0 * math.pi * uniform(record))
