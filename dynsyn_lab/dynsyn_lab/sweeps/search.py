"""What differs between the points of a sweep: every combination, or random draws."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dynsyn_controller.core.schema import SchemaError, parse


@dataclass(frozen=True)
class Range:
    """A range of a random search; whole numbers where both ends are."""

    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"

    def draw(self, generator: np.random.Generator, whole: bool) -> int | float:
        """A value within it."""
        if whole:
            return int(generator.integers(int(self.low), int(self.high), endpoint=True))
        if self.scale == "log":
            return float(math.exp(generator.uniform(math.log(self.low), math.log(self.high))))
        return float(generator.uniform(self.low, self.high))


def grid(vary: dict[str, Any]) -> list[dict[str, Any]]:
    """Every combination of the values of each key.

    Raises:
        SchemaError: a key's values are no list.
    """
    for key, values in vary.items():
        if isinstance(values, dict):
            raise SchemaError(f"vary.{key}", "a range needs search: random; a grid takes a list")
        _check_list(key, values)
    return [dict(zip(vary, values, strict=True)) for values in itertools.product(*vary.values())]


def random_draws(vary: dict[str, Any], samples: int, seed: int) -> list[dict[str, Any]]:
    """`samples` draws, each key from its list or its range.

    Raises:
        SchemaError: a key's values are neither.
    """
    generator = np.random.default_rng(seed)
    draws = {key: _drawer(key, values) for key, values in vary.items()}
    return [{key: draw(generator) for key, draw in draws.items()} for _ in range(samples)]


def _drawer(key: str, values: Any) -> Callable[[np.random.Generator], Any]:
    if not isinstance(values, dict):
        _check_list(key, values)
        return lambda generator: values[generator.integers(len(values))]
    span = parse(Range, values, f"vary.{key}")
    if not span.low < span.high:
        raise SchemaError(f"vary.{key}", f"low {span.low:g} is not below high {span.high:g}")
    if span.scale == "log" and span.low <= 0:
        raise SchemaError(f"vary.{key}.low", f"found {span.low:g}, expected above 0 for scale log")
    whole = all(type(values[end]) is int for end in ("low", "high")) and span.scale == "linear"
    return lambda generator: span.draw(generator, whole)


def _check_list(key: str, values: Any) -> None:
    if not isinstance(values, list) or not values:
        raise SchemaError(f"vary.{key}", f"found {values!r}, expected a list of values")
