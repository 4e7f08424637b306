"""A swimmer's lifetime goes on in a longer or shorter body: modules are copied or left out."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.networks.base import LayerSpec
from dynsyn_controller.core.networks.ncap import NcapNetwork
from dynsyn_controller.core.statistics import STATISTICS_FIELDS

_LIVED = ("beat", "baseline", "progress", "random_state", *(name for name, *_ in STATISTICS_FIELDS))
_LEARNT = ("centre", "amplitude")
_FLUCTUATION = ("sine", "cosine", "rotation_sine", "rotation_cosine", "remaining")


class TransferError(ValueError):
    """Two lifetimes between which nothing can be carried over; the message says why."""


def transfer(source: Controller, target: Controller) -> None:
    """Put the lifetime of `source` into `target`, in place; `source` is left as it is.

    Modules that both bodies have live on as they are. Those that the longer body has on top copy
    centres and amplitudes of the last module, and keep the fluctuation that `target` was born with,
    lest they swing in step with their model for ever. Shared weights that become separate ones are
    copied likewise; the other way round is refused.

    Raises:
        TransferError: one of them has no swimming circuit, the rules differ, or separate weights
            would have to become shared ones; `target` is unchanged.
    """
    _check(source, target)
    origins = [
        _origins(layer, model) for layer, model in zip(target.layers, source.layers, strict=True)
    ]
    index = np.concatenate([index for index, _ in origins])
    same = np.concatenate([same for _, same in origins])
    old, new = source.state[0], target.state[0]
    for name in _LIVED:
        new[name] = old[name]
    for name in _LEARNT:
        new[name][:] = old[name][index]
    for name in _FLUCTUATION:
        new[name][same] = old[name][index[same]]
    new["weight"][:] = new["centre"] + new["amplitude"] * new["sine"]
    new["weight"][same] = old["weight"][index[same]]


def _origins(layer: LayerSpec, model: LayerSpec) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For each synapse of `layer` the one of `model` to copy, and whether it is the same one."""
    rows = np.arange(layer.rows)
    if model.rows == 1:
        return model.start + 0 * rows, rows < (1 if layer.rows == 1 else 0)
    # Sides alternate: the last module of the same side stands for those that it does not have.
    last = model.rows - 2 + rows % 2
    return model.start + np.minimum(rows, last), rows < model.rows


def _check(source: Controller, target: Controller) -> None:
    for controller in (source, target):
        if not isinstance(controller.network, NcapNetwork):
            kind = controller.body.network["type"]
            raise TransferError(f"transfer: found a network of type {kind}, expected ncap")
    old, new = source.network.options.weights, target.network.options.weights
    if (old, new) == ("separate", "shared"):
        raise TransferError("transfer: separate weights cannot become shared ones")
    old, new = source.network.options.period_steps, target.network.options.period_steps
    if old != new:
        raise TransferError(f"transfer: period_steps: found {old}, expected {new}")
    if source.body.dt != target.body.dt:
        raise TransferError(
            f"transfer: control step: found {source.body.dt} ms, expected {target.body.dt} ms"
        )
    settings = dataclasses.asdict(target.network.rule)
    for name, value in dataclasses.asdict(source.network.rule).items():
        if settings[name] != value:
            raise TransferError(f"transfer: rule.{name}: found {value}, expected {settings[name]}")
