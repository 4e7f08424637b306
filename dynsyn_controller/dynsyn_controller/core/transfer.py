"""A lifetime goes on in another body: what was learnt is copied, or left out.

The network says which synapse comes from which and what else of its state comes along, the learner
what it knows of each synapse.
"""

from __future__ import annotations

import dataclasses

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.networks.base import TransferError
from dynsyn_controller.core.statistics import STATISTICS_FIELDS

_LIVED = ("random_state", *(name for name, *_ in STATISTICS_FIELDS))


def transfer(source: Controller, target: Controller) -> None:
    """Put the lifetime of `source` into `target`, in place; `source` is left as it is.

    Raises:
        TransferError: they have different networks, learners or settings, or networks that cannot
            move; `target` is unchanged.
    """
    _check(source, target)
    origin = target.network.origin(source.network)
    old, new = source.state[0], target.state[0]
    for name in (*_LIVED, *target.network.moving):
        new[name] = old[name]
    target.learner.move(source.state, target.state, origin)


def _check(source: Controller, target: Controller) -> None:
    for kind in ("network", "learner"):
        old, new = getattr(source, kind), getattr(target, kind)
        if type(old) is not type(new):
            raise TransferError(f"transfer: {kind}: found {old.name}, expected {new.name}")
    if source.body.dt != target.body.dt:
        raise TransferError(
            f"transfer: control step: found {source.body.dt} ms, expected {target.body.dt} ms"
        )
    settings = dataclasses.asdict(target.learner.options)
    for name, value in dataclasses.asdict(source.learner.options).items():
        if settings[name] != value:
            raise TransferError(
                f"transfer: learner.{name}: found {value}, expected {settings[name]}"
            )
