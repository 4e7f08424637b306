"""What is wrong with a robot file or with the topics that it reads, before anything moves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dynsyn_lab.hardware.heard import Heard, Source
from dynsyn_lab.hardware.urdf import Urdf, UrdfError, UrdfJoint, parse_urdf

SLOW, FAST = 0.75, 1.5
"""Parts of the control rate: a robot whose quickest sensor is slower is not the file's; one that is
faster is told."""
LATE = 0.03
"""s; an observation that is older is too old for most robots."""
_DEGREES = 180.0 / math.pi
_NEAR = 0.15  # part that a ratio may be off
_LARGEST = 5.0  # size of an observation that is scaled well
_LEAST = 0.02  # of an observation over a joint's whole range
_FEWEST = 20  # messages of which one can tell that they are stuck
_TILTED = 0.8  # rad, of a robot at rest
_DISAGREES = 0.5  # rad, of gravity by orientation and by acceleration
_GRAVITY = (7.0, 12.6)  # m/s^2, of a body that is not thrown about


@dataclass(frozen=True)
class Finding:
    """Something to be looked at.

    Attributes:
        wrong: it is wrong; False: a remark.
        what: which source, joint or channel.
        text: what was found, and what was expected.
    """

    wrong: bool
    what: str
    text: str

    def __str__(self) -> str:
        return f"{'wrong' if self.wrong else 'note '}  {self.what}: {self.text}"


def check(heard: Heard) -> list[Finding]:
    """All that is found, what is wrong first."""
    found = [*_sources(heard), *_rates(heard), *_stuck(heard), *_values(heard), *_signs(heard)]
    if heard.description:
        found += _description(heard)
    else:
        text = "not published: limits are not held against a URDF"
        found.append(_note("robot_description", text))
    found += _gravity(heard)
    return sorted(found, key=lambda each: not each.wrong)


def _wrong(what: str, text: str) -> Finding:
    return Finding(True, what, text)


def _note(what: str, text: str) -> Finding:
    return Finding(False, what, text)


def _sources(heard: Heard) -> Iterator[Finding]:
    """What has not come, or cannot be used."""
    silent = set()
    for name, source in heard.sources.items():
        if source.came:
            for why in sorted(source.refused):
                yield _wrong(name, f"refused: {why}")
            continue
        silent.add(name)
        text = f"nothing came on {source.topic} in {heard.seconds:g} s{_hint(heard, source)}"
        yield _wrong(name, text)
    joints = heard.sources.get("joint_states")
    if joints is not None and joints.names:
        own = heard.robot.joint_names
        missing = [joint for joint in own if joint not in joints.names]
        if missing:
            there = ", ".join(joints.names)
            yield _wrong("joint_states", f"no {', '.join(missing)}; there are {there}")
        else:
            order = ", ".join(name for name in joints.names if name in own)
            extra = [name for name in joints.names if name not in own]
            more = f", and {', '.join(extra)}" if extra else ""
            yield _note("joint_states", f"order of its sender: {order}{more}")
    for channel in heard.robot.observation:
        if channel.name in heard.senses.missing() and channel.source not in silent:
            yield _wrong(channel.name, f"not in the messages of {channel.source}")


def _hint(heard: Heard, source: Source) -> str:
    package, _, kind = source.kind.partition("/")
    full = f"{package}/msg/{kind}"
    found = heard.topics.get(source.topic, [])
    if found and full not in found:
        return f": it is of type {', '.join(found)}, expected {full}"
    others = [topic for topic, kinds in heard.topics.items() if full in kinds]
    others = [topic for topic in others if topic != source.topic]
    return f"; {full} comes on {', '.join(others)}" if others else ""


def _rates(heard: Heard) -> Iterator[Finding]:
    rates = {name: source.rate for name, source in heard.sources.items() if source.came}
    wanted = heard.robot.control_rate
    quickest = max(rates.values(), default=0.0)
    if 0.0 < quickest < SLOW * wanted:
        text = f"{wanted:g} Hz, but the quickest sensor comes at {quickest:.1f} Hz"
        yield _wrong("control_rate", text)
    elif quickest > FAST * wanted:
        yield _note("control_rate", f"{wanted:g} Hz; sensors come at up to {quickest:.0f} Hz")
    for name, source in heard.sources.items():
        if not source.came:
            continue
        text = f"{rates[name]:.1f} Hz"
        if source.ages:
            age, spread = float(np.median(source.ages)), float(np.ptp(source.ages))
            text += f", {1000.0 * age:.1f} ms old (median), spread {1000.0 * spread:.1f} ms"
            if not any(source.stamps):
                yield _wrong(name, "stamps are zero: ages are not known")
                continue
            if age < -0.001 or age > 10.0:
                yield _wrong(name, f"stamps are {age:+.2f} s off this computer's clock")
                continue
            if age > LATE:
                late = f"{1000.0 * age:.0f} ms old, expected at most {1000.0 * LATE:g} ms"
                yield _wrong(name, late)
                continue
        yield _note(name, text)


def _stuck(heard: Heard) -> Iterator[Finding]:
    """Sources that say the same over and over while others change."""
    changing: list[str] = []
    same: list[str] = []
    for name, source in heard.sources.items():
        if len(source.values) >= _FEWEST:
            values = np.array(source.values)
            (same if (values == values[0]).all() else changing).append(name)
        if len(source.stamps) >= _FEWEST and len(set(source.stamps)) == 1 and source.stamps[0]:
            yield _wrong(name, "its stamp stands still")
    for name in same:
        if name in ("contacts", "command"):
            continue
        if changing:
            what = "exactly the same readings in every message"
            yield _wrong(name, f"{what}, while {', '.join(changing)} change: stuck?")
        else:
            yield _note(name, "exactly the same readings; whether it is stuck shows in motion")
    if "joint_states" in changing:
        yield from _stuck_joints(heard, np.array(heard.sources["joint_states"].values))


def _stuck_joints(heard: Heard, values: NDArray[np.float64]) -> Iterator[Finding]:
    still = (values == values[0]).all(axis=0)
    start = 0
    for field, where in heard.robot.layout.part("joint_states").items():
        part = still[start : start + where.stop - where.start]
        start += part.size
        if field != "effort" and part.any() and not part.all():
            names = [n for n, s in zip(heard.robot.joint_names, part, strict=False) if s]
            text = f"{field} stands still, while that of others changes: stuck?"
            yield _wrong(", ".join(names), text)


def _values(heard: Heard) -> Iterator[Finding]:
    """Readings and observations of a wrong size."""
    observation = heard.senses.observe()
    missing = set(heard.senses.missing())
    limits = {joint.name: joint for joint in heard.robot.joints}
    for channel, value in zip(heard.robot.observation, observation.tolist(), strict=True):
        if channel.name in missing:
            continue
        reading = value / channel.scale - channel.offset
        joint = limits.get(channel.element) if channel.field == "position" else None
        low, high = (joint.position_minimum, joint.position_maximum) if joint else (None, None)
        if low is not None and high is not None and not low - 0.2 <= reading <= high + 0.2:
            text = f"{reading:.4g} {channel.unit}, beyond its stops {low:g} and {high:g}"
            if low <= reading / _DEGREES <= high:
                text += ": degrees instead of rad?"
            yield _wrong(channel.name, text)
        elif abs(value) > _LARGEST:
            text = f"an observation of {value:.3g}, expected about -1 to 1: scale?"
            yield _wrong(channel.name, text)
        if low is not None and high is not None:
            reach = abs(channel.scale) * (high - low)
            if reach < _LEAST or reach > 10.0 * _LARGEST:
                text = f"reaches over {reach:.3g} from stop to stop, expected about 2: scale?"
                yield _wrong(channel.name, text)


def _signs(heard: Heard) -> Iterator[Finding]:
    for channel in heard.robot.observation:
        if channel.field in ("position", "velocity") and channel.scale < 0.0:
            yield _wrong(
                channel.name,
                f"scale {channel.scale:g} turns the sign of {channel.element} against its effort's",
            )


def _description(heard: Heard) -> Iterator[Finding]:
    """The robot file against the URDF on robot_description."""
    try:
        urdf = parse_urdf(heard.description, "robot_description")
    except UrdfError as error:
        yield _note("robot_description", str(error))
        return
    known = {joint.name: joint for joint in urdf.joints}
    for joint in heard.robot.joints:
        found = known.get(joint.name)
        if found is None:
            text = f"no joint of the URDF; there are {', '.join(known) or 'none'}"
            yield _wrong(joint.name, text)
            continue
        yield from _limits(joint, found, list(known.values()))
    for name, source in heard.sources.items():
        if source.frame and name == "imu" and source.frame not in urdf.links:
            yield _wrong(name, f"frame {source.frame!r} is no link of the URDF{_links(urdf)}")


def _links(urdf: Urdf) -> str:
    return f"; it has {urdf.imu}" if urdf.imu else ""


def _limits(joint: object, urdf: UrdfJoint, others: list[UrdfJoint]) -> Iterator[Finding]:
    pairs = (
        ("effort_limit", urdf.effort, 1.0),
        ("velocity_limit", urdf.velocity, 1.0),
        ("position_minimum", urdf.lower, -1.0),
        ("position_maximum", urdf.upper, 1.0),
    )
    for key, stated, sign in pairs:
        own = getattr(joint, key)
        if own is None or stated is None:
            continue
        beyond = sign * (own - stated)
        if beyond > 0.01 * max(abs(stated), 0.1):
            text = f"{key} {own:g}, beyond the URDF's {stated:g}"
            if stated and abs(own / stated / _DEGREES - 1.0) < _NEAR:
                text += ": degrees instead of rad?"
            swapped = [o.name for o in others if o is not urdf and _like(joint, o)]
            if swapped:
                text += f" (those of {', '.join(swapped)}: two joints swapped?)"
            yield _wrong(urdf.name, text)


def _like(joint: object, urdf: UrdfJoint) -> bool:
    """Whether the position limits of a joint of the robot file are those of another of the URDF."""
    if urdf.lower is None or urdf.upper is None:
        return False
    own = (getattr(joint, "position_minimum", None), getattr(joint, "position_maximum", None))
    return own == (urdf.lower, urdf.upper)


def _gravity(heard: Heard) -> Iterator[Finding]:
    """Whether up is z, by the orientation and by the acceleration of a robot at rest."""
    for name, source in heard.sources.items():
        if source.inertia is None:
            continue
        (x, y, z, w), measured = source.inertia
        tilt = 2.0 * math.atan2(math.hypot(x, y), math.hypot(z, w))
        if tilt > _TILTED:
            text = f"tilted by {tilt:.2f} rad at rest: frame (x forward, z up, REP-103)?"
            yield _wrong(name, text)
        size = math.hypot(*measured)
        if _GRAVITY[0] < size < _GRAVITY[1]:
            up = (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y))
            along = sum(a * b for a, b in zip(up, measured, strict=True)) / size
            angle = math.acos(max(-1.0, min(1.0, along)))
            if angle > _DISAGREES:
                text = f"orientation and acceleration differ by {angle:.2f} rad: frame?"
                yield _wrong(name, text)
