"""Whatever is in a robot file, a checkpoint or a message: a clear error, or bounded efforts."""

from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from nav_msgs.msg import Odometry
from rclpy.serialization import serialize_message
from sensor_msgs.msg import Imu, JointState, LaserScan

from dynsyn_controller.core.records import field_names
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.messages.conversions import MessageError
from dynsyn_controller.messages.wire import Decoder
from dynsyn_controller.node.guard import Guard
from dynsyn_controller.node.guard_options import GuardOptions
from dynsyn_controller.robot.config_files import config_path, shipped_checkpoint
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import load_robot, parse_robot
from dynsyn_controller.robot.safety.chain import SafetyChain
from dynsyn_msgs.msg import Contacts, Reward

pytestmark = pytest.mark.faults
MS = 1_000_000
ROBOTS = [load_robot(config_path(f"robots/{name}.yaml")) for name in ("walker", "swimmer")]
WALKER = ROBOTS[0]
SHIPPED = Path(str(shipped_checkpoint("walker")))
FEW = settings(max_examples=max(10, settings.default.max_examples // 10))
"""For examples that take long."""
KEYS = sorted({key for robot in ROBOTS for key in yaml.safe_load(robot.source)})

numbers = st.floats(allow_nan=True, allow_infinity=True) | st.integers()
scalars = st.none() | st.booleans() | numbers | st.text(max_size=8) | st.sampled_from(KEYS)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(scalars, inner, max_size=3)
)
mutations = st.lists(
    st.tuples(st.integers(0, 10**6), st.sampled_from(["replace", "delete", "rename"]), values),
    min_size=1,
    max_size=3,
)


def places_in(data: Any) -> list[tuple[Any, Any]]:
    """Every container in plain data with each of its keys or indices."""
    found = []
    if isinstance(data, dict):
        found = [(data, key) for key in data]
    elif isinstance(data, list):
        found = [(data, index) for index in range(len(data))]
    return found + [place for owner, key in found for place in places_in(owner[key])]


def mutate(data: Any, changes: list[tuple[int, str, Any]]) -> Any:
    """A changed copy of plain data."""
    data = copy.deepcopy(data)
    for where, how, value in changes:
        places = places_in(data)
        if not places:
            return data
        owner, key = places[where % len(places)]
        if how == "replace" or isinstance(owner, list):
            owner[key] = value
        elif how == "delete":
            del owner[key]
        else:
            owner[str(value)] = owner.pop(key)
    return data


def check_limits(robot: Robot, wanted: float, sensed: float) -> None:
    """No effort that a chain lets through is beyond the limits of its robot file."""
    limits = np.array([joint.effort_limit for joint in robot.joints])
    assert np.isfinite(limits).all()
    chain = SafetyChain(robot)
    sensors = np.full(robot.layout.size, float(sensed))
    for _ in range(3):
        effort = chain.limit(np.full(len(limits), float(wanted)), sensors)
        assert (np.abs(effort) <= limits).all()


def refused(error: Exception) -> None:
    """An error for people is one line that says something."""
    assert str(error).strip()
    assert "\n" not in str(error)


@FEW
@given(st.sampled_from(ROBOTS), mutations, numbers, numbers)
def test_robot_files(robot, changes, wanted, sensed):
    text = yaml.safe_dump(mutate(yaml.safe_load(robot.source), changes))
    try:
        read = parse_robot(text)
    except RobotFileError as error:
        refused(error)
    else:
        check_limits(read, wanted, sensed)


@FEW
@given(
    st.sampled_from(ROBOTS), st.lists(st.tuples(st.integers(0), st.text(max_size=4)), max_size=4)
)
def test_text_of_robot_files(robot, inserted):
    text = robot.source
    for where, more in inserted:
        at = where % len(text)
        text = text[:at] + more + text[at + len(more) // 2 :]
    try:
        parse_robot(text)
    except RobotFileError as error:
        refused(error)


def damage(data: bytes, changes: list[tuple[int, int]], cut: int) -> bytes:
    """Bytes with some replaced, and cut short unless `cut` is 0."""
    damaged = bytearray(data)
    for where, value in changes:
        damaged[where % len(damaged)] = value
    return bytes(damaged[: len(damaged) - cut % len(damaged)])


damages = st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=5)
cuts = st.just(0) | st.integers(0)


class Life:
    """The walker's guard, with messages for it."""

    def __init__(self) -> None:
        names = list(WALKER.joint_names)
        imu = Imu()
        imu.orientation.w = 1.0
        self.messages: dict[str, Any] = {
            "joint_states": JointState(name=names, position=[0.1] * 4, velocity=[0.2] * 4),
            "imu": imu,
            "odom": Odometry(),
            "scan": LaserScan(ranges=[1.0] * 10, range_max=5.0),
            "contacts": Contacts(name=["foot_1", "foot_2"], in_contact=[True, False]),
            "reward": Reward(value=0.1),
        }
        self.bytes = {name: serialize_message(each) for name, each in self.messages.items()}
        self.decoders = {name: Decoder(type(each)) for name, each in self.messages.items()}
        self.now = 0
        saved = checkpoint.load(SHIPPED)
        self.guard = Guard(WALKER, saved.controller(), GuardOptions())
        self.guard.warm_up()

    def hear(self, source: str, data: bytes) -> None:
        """Take a serialised message, as the node does."""
        try:
            message = self.decoders[source].decode(data)
            if source == "reward":
                self.guard.read_reward(message, self.now)
            else:
                self.guard.read(source, message, self.now)
        except MessageError as error:
            refused(error)

    def step(self) -> None:
        """A control step, which must end in efforts within their limits and a sound lifetime."""
        self.now += 20 * MS
        effort = self.guard.tick(self.now, 60 * MS, 500 * MS)
        assert (np.abs(effort) <= [joint.effort_limit for joint in WALKER.joints]).all()
        assert self.guard.lifetime.vitals.sound() or not self.guard.arming.armed

    def step_well(self) -> None:
        """A control step in which nothing is wrong."""
        for source, data in self.bytes.items():
            self.hear(source, data)
        self.step()


@pytest.fixture(scope="module")
def life() -> Life:
    return Life()


sources = st.sampled_from(["joint_states", "imu", "odom", "scan", "contacts", "reward"])
numeric = st.sampled_from(["joint_states", "imu", "odom", "scan", "reward"])
singles = st.floats(width=32)  # which every field can hold


@given(source=sources, changes=damages, cut=cuts)
def test_bytes_of_messages(life, source, changes, cut):
    life.hear(source, damage(life.bytes[source], changes, cut))
    life.step()
    life.step_well()


@given(source=numeric, which=st.integers(0, 200), value=singles)
def test_numbers_in_messages(life, source, which, value):
    message = copy.deepcopy(life.messages[source])
    places = fields_of(message)
    owner, key = places[which % len(places)]
    several = key in ("position", "velocity", "effort", "ranges", "intensities")
    setattr(owner, key, [value] * 4 if several and not is_number(owner, key) else value)
    life.hear(source, serialize_message(message))
    life.step()
    life.step_well()


def is_number(message: Any, name: str) -> bool:
    """Whether a field of a message is one floating-point number."""
    return message.get_fields_and_field_types()[name] in ("double", "float")


def fields_of(message: Any) -> list[tuple[Any, str]]:
    """Every field of floating-point numbers of a message and of those in it, with its owner."""
    found = []
    for name, kind in message.get_fields_and_field_types().items():
        value = getattr(message, name)
        if hasattr(value, "get_fields_and_field_types"):
            found += fields_of(value)
        elif kind in ("double", "float", "sequence<double>", "sequence<float>"):
            found.append((message, name))
    return found


@FEW
@given(changes=damages, cut=cuts)
def test_bytes_of_checkpoints(tmp_path_factory, changes, cut):
    path = tmp_path_factory.getbasetemp() / "damaged.ckpt"
    path.write_bytes(damage(SHIPPED.read_bytes(), changes, cut))
    try:
        saved = checkpoint.load(path)
        checkpoint.check_same(WALKER, saved)
        saved.controller()
    except CheckpointError as error:
        refused(error)


@pytest.mark.parametrize("found", [[], {}, None, 1.0])
@pytest.mark.parametrize("key", ["preset", "type"])
def test_a_name_of_another_kind(key, found):  # found by test_descriptions_in_checkpoints
    document = yaml.safe_load(WALKER.source)
    document["learner"] = {"type": "dynamic_synapse", **document.get("learner", {}), key: found}
    with pytest.raises(RobotFileError, match=f"{key}.* found "):
        parse_robot(yaml.safe_dump(document))


@FEW
@given(changes=mutations)
def test_descriptions_in_checkpoints(tmp_path_factory, changes):
    path = tmp_path_factory.getbasetemp() / "described.ckpt"
    with np.load(SHIPPED, allow_pickle=False) as parts:
        about, state = json.loads(str(parts["about"])), parts["state"]
    changed = json.dumps(mutate(about, changes), default=str)
    np.savez(path.with_suffix(".npz"), about=np.array(changed), state=state)
    path.with_suffix(".npz").rename(path)
    try:
        saved = checkpoint.load(path)
        checkpoint.check_same(WALKER, saved)
        controller = saved.controller()
    except CheckpointError as error:
        refused(error)
    else:
        Guard(WALKER, controller, notes=saved.notes)


FIELDS = field_names(checkpoint.load(SHIPPED).state.dtype)


@FEW
@given(name=st.sampled_from(FIELDS), value=numbers, which=st.integers(0, 500))
def test_numbers_in_checkpoints(life, name, value, which):
    guard = life.guard
    good = checkpoint.load(SHIPPED)
    spoilt = copy.deepcopy(good.state)
    field = spoilt[name].reshape(-1)
    with np.errstate(all="ignore"), contextlib.suppress(OverflowError, ValueError):
        field[which % field.size] = value
    spoilt[name] = field.reshape(spoilt[name].shape)
    try:
        checkpoint.restore(
            guard.lifetime.controller, checkpoint.Checkpoint(SHIPPED, good.robot, spoilt, {})
        )
    except CheckpointError as error:
        refused(error)
        return
    guard.begin(guard.lifetime.controller, {})
    for _ in range(3):
        life.step_well()
    checkpoint.restore(guard.lifetime.controller, good)
    guard.begin(guard.lifetime.controller, {})
    guard.arming.arm()
