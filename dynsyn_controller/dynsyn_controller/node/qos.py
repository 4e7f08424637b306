"""Quality of service of the topics."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

QOS = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)
"""Of all that is said again and again."""


def latched(depth: int) -> QoSProfile:
    """The last `depth` messages also reach those who come later."""
    return QoSProfile(
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL,
    )


LATCHED = latched(1)
