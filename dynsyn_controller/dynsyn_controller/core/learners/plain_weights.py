"""Kernels of learners that keep what they have learnt in the weights themselves."""

from __future__ import annotations

from dynsyn_controller.core.numba_support import njit


@njit(cache=True, inner=True)
def freeze(state, settings):
    """The weights stand where they stand."""


@njit(cache=True, inner=True)
def learnt(state, settings):
    """The weights."""
    return state.weight


@njit(cache=True, inner=True)
def put(state, settings, i, value):
    """Set a weight."""
    state.weight[i] = value
