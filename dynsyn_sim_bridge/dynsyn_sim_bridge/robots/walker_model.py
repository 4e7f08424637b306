"""Links and joints of the walkers, from gymnasium's measures of them."""

from __future__ import annotations

import math

from gymnasium.envs.box2d import bipedal_walker as source

from dynsyn_sim_bridge.robots.body_model import BASE, BodyModel, Box, Joint, Link

# The environment turns about its z, which points out of the picture: to -y in REP-103.
_AXIS = (0.0, -1.0, 0.0)
_HULL_WIDTH = 0.5
"""m; the environment is flat: how wide things are across it is for the eye alone."""
_LEG_WIDTH = 0.12
# Angles of the environment's joint limits, rad.
_HIP, _KNEE = (-0.8, 1.1), (-1.6, -0.1)
_SPREAD = 0.05
"""rad; legs are born turned by this, the first backwards, and Box2D counts hips from there."""


def walker_model(effort_limit: float, legs: float = 1.0, knee_speed: float = 1.0) -> BodyModel:
    """Hull (base_link), thighs and shins.

    Args:
        effort_limit: N m.
        legs: factor on their length.
        knee_speed: factor on the speed limit of knee_1.
    """
    height = legs * source.LEG_H
    half = 0.5 * height
    links, joints = [Link(BASE, _hull())], []
    for leg, knee in ((1, knee_speed), (2, 1.0)):
        side = (0.5 * _HULL_WIDTH - _LEG_WIDTH) * (1 if leg == 1 else -1)
        spread = _SPREAD * (-1 if leg == 1 else 1)
        thigh, shin = f"thigh_{leg}", f"shin_{leg}"
        for name, width in ((thigh, source.LEG_W), (shin, 0.8 * source.LEG_W)):
            box = Box((width, _LEG_WIDTH, height), (0.0, 0.0, -half))
            links.append(Link(name, (box,)))
        places = (
            (
                f"hip_{leg}",
                BASE,
                thigh,
                (0.0, side, source.LEG_DOWN),
                _HIP,
                source.SPEED_HIP,
                spread,
            ),
            (f"knee_{leg}", thigh, shin, (0.0, 0.0, -height), _KNEE, knee * source.SPEED_KNEE, 0.0),
        )
        for name, parent, child, origin, (lower, upper), speed, zero in places:
            joints.append(
                Joint(
                    name,
                    parent,
                    child,
                    origin=origin,
                    axis=_AXIS,
                    lower=lower,
                    upper=upper,
                    effort=effort_limit,
                    velocity=float(speed),
                    zero=zero,
                )
            )
    # The scan's x points forward and its y up: a quarter turn about x.
    lidar = (math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5))
    return BodyModel("walker", tuple(links), tuple(joints), lidar)


def _hull() -> tuple[Box, ...]:
    """Two boxes in the hull's outline: the trunk, and the nose before it."""
    xs = sorted({x / source.SCALE for x, _ in source.HULL_POLY})
    (back, middle, front) = xs
    top = max(z for _, z in source.HULL_POLY) / source.SCALE
    bottom = min(z for _, z in source.HULL_POLY) / source.SCALE
    nose = max(z for x, z in source.HULL_POLY if x / source.SCALE == front) / source.SCALE
    return tuple(
        Box(
            (right - left, _HULL_WIDTH, upper - bottom),
            (0.5 * (left + right), 0.0, 0.5 * (upper + bottom)),
        )
        for left, right, upper in ((back, middle, top), (middle, front, nose))
    )
