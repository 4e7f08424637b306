"""Parameter records for kernels that are tested alone, and settings by their owners."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from dynsyn_controller.core.networks.walker_options import WalkerOptions


def parameter_record(settings: dict[str, Any], dt: float) -> np.ndarray:
    """A parameter record (shape (1,)) with these numbers.

    It has a field that no network has, so that kernels of a network are compiled for its own.
    """
    values = {"dt": dt, "exploration_limit": 1.0, "alone": 0.0, **settings}
    kinds = [(name, np.int64 if isinstance(v, int) else float) for name, v in values.items()]
    record = np.zeros(1, kinds)
    for name, value in values.items():
        record[name] = value
    return record


def split(settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Settings of the learner and options of the walker's network, as `new_controller` has them."""
    own = {field.name for field in dataclasses.fields(WalkerOptions)}
    return {
        "settings": {name: value for name, value in settings.items() if name not in own},
        "options": {name: value for name, value in settings.items() if name in own},
    }
