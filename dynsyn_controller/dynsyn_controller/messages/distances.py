"""Distances as sensor_msgs/LaserScan and Range carry them (REP-117).

+inf: nothing was met; -inf: something too close to measure. NaN and what is beyond the limits
that the message states is no measurement and is to be discarded.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from dynsyn_controller.core.schema import SchemaError

RANGE_MAX = 100.0
"""m; reading of a ray that met nothing, where neither message nor robot file know better."""


class Limits(NamedTuple):
    """What the distances of one message may be.

    Attributes:
        low, high: m; beyond them is no measurement.
        nearest: m; reading of -inf.
        farthest: m; reading of +inf, and the most that any distance reads.
    """

    low: float
    high: float
    nearest: float
    farthest: float


def limits(low: float, high: float, range_max: float) -> Limits:
    """Limits of a message.

    Args:
        low, high: m; the message's least and greatest range. Both 0, or NaN, are a driver's that
            set none; both the same is a sensor that only tells whether something is nearer.
        range_max: m, used where the message's is infinite or not set.
    """
    if math.isfinite(low) and low < high:
        return Limits(low, high, low, high if high < math.inf else range_max)
    if 0.0 < low == high < math.inf:
        return Limits(low, high, 0.0, high)
    return Limits(0.0, math.inf, 0.0, range_max)


def reading(distance: float, among: Limits) -> float | None:
    """What a distance reads as, m; None: it is to be discarded."""
    if among.low <= distance <= among.high and distance < math.inf:
        return min(distance, among.farthest)
    if distance == math.inf:
        return among.farthest
    return among.nearest if distance == -math.inf else None


def check_range_max(range_max: float) -> None:
    """Check the option of that name.

    Raises:
        SchemaError: it is not above 0.
    """
    if not range_max > 0.0:
        raise SchemaError("range_max", f"found {range_max}, expected a number above 0")
