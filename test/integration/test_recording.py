"""Recordings: lived again bit for bit, also after a kill; a changed bit is found at its step."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mcap.stream_reader import StreamReader
from mcap.writer import MCAP0_MAGIC, Writer
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.serialization import deserialize_message, serialize_message
from ros_environment import Peer, Processes
from sensor_msgs.msg import JointState

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.messages.wire import Decoder
from dynsyn_lab.cli.main import main
from dynsyn_lab.hardware.replay import replay
from dynsyn_lab.hardware.tapes import Reader
from dynsyn_msgs.msg import ControlStep, Status

LIMIT = 0.5
DYNSYN = str(Path(sys.executable).with_name("dynsyn"))


@pytest.fixture
def recording(processes: Processes, peer: Peer, tmp_path: Path) -> Path:
    """Of a walker in lockstep, limited on the way; it is killed with some of it unwritten."""
    path = tmp_path / "walk.mcap"
    heard = peer.listen(Status, "dynsyn/status")
    bridge = processes.start_node(
        "dynsyn_sim_bridge.bridge_node", robot="walker", lockstep=True, seed=3
    )
    node = processes.start_node(
        "dynsyn_controller.node.controller_node",
        robot_file="walker",
        lockstep=True,
        seed=3,
        record=str(path),
        checkpoint_path=str(tmp_path / "own.ckpt"),
    )
    peer.wait_for(lambda: bool(heard) and heard[-1].steps > 500, "500 steps", 90.0)
    limit = Parameter("exploration_limit", value=LIMIT).to_parameter_msg()
    request = SetParameters.Request(parameters=[limit])
    peer.call(SetParameters, "controller/set_parameters", request)
    limited = heard[-1].steps + 500
    peer.wait_for(lambda: heard[-1].steps > limited, "500 more steps", 90.0)
    node.popen.send_signal(signal.SIGKILL)
    node.wait()
    bridge.stop()
    peer.wait_for(lambda: path.read_bytes().endswith(MCAP0_MAGIC), "the end of the writer")
    return path


def bent(data: bytes) -> bytes:
    """A message of joint_states with another last bit in a position, which has the scale 1."""
    message = deserialize_message(data, JointState)
    at = message.name.index("hip_1")
    message.position[at] = np.nextafter(message.position[at], np.inf)
    return serialize_message(message)


def as_version_1(path: Path, to: Path) -> Path:
    """A copy as it was recorded when there was no `exploration_limit`."""

    def older(count: int, topic: str, data: bytes) -> bytes:
        return data[:-8] if topic == "/dynsyn/steps" else data

    return rewritten(path, to, older, version="1")


def changed(path: Path, to: Path, at_step: int) -> Path:
    """A copy in which one bit of the reading of joint_states before a step is another."""
    decoder = Decoder(ControlStep)
    order = [(message.topic, message.data) for message in Reader(path).messages()]
    place = next(
        i
        for i, (topic, data) in enumerate(order)
        if topic == "/dynsyn/steps" and decoder.decode(data).steps == at_step
    )
    last = max(i for i in range(place) if order[i][0] == "/joint_states")
    return rewritten(path, to, lambda count, _, data: bent(data) if count == last else data)


def rewritten(path: Path, to: Path, change: Callable[[int, str, bytes], bytes], **about) -> Path:
    """A copy with other data, by the number of the message and its topic, or another `about`."""
    count = -1
    with path.open("rb") as source, to.open("wb") as target:
        writer = Writer(target)
        writer.start(profile="ros2", library="test")
        schemas, channels, topics = {}, {}, {}
        for record in StreamReader(source).records:
            kind = type(record).__name__
            if kind == "Schema":
                schemas[record.id] = writer.register_schema(
                    record.name, record.encoding, record.data
                )
            elif kind == "Channel":
                topics[record.id] = record.topic
                channels[record.id] = writer.register_channel(
                    record.topic, record.message_encoding, schemas[record.schema_id]
                )
            elif kind == "Metadata":
                writer.add_metadata(record.name, {**record.metadata, **about})
            elif kind == "Message":
                count += 1
                data = change(count, topics[record.channel_id], record.data)
                writer.add_message(
                    channels[record.channel_id], record.log_time, data, record.publish_time
                )
        writer.finish()
    return to


def test_a_recording_is_lived_again_and_a_changed_bit_is_found(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture
):
    outcome = replay(recording, recording.with_suffix(".ckpt"), tmp_path / "after.ckpt")
    assert outcome.difference == ""
    assert outcome.lived > 400
    assert outcome.weights >= 1

    bent = changed(recording, tmp_path / "bent.mcap", 300)
    assert main(["replay", str(bent), "--checkpoint", str(recording.with_suffix(".ckpt"))]) == 1
    assert "differs: step 300: observation hip_1_position" in capsys.readouterr().out

    steps = [m.data for m in Reader(recording).messages() if m.topic == "/dynsyn/steps"]
    decoder = Decoder(ControlStep)
    limits = [(s.steps, s.exploration_limit) for s in map(decoder.decode, steps) if s.lived]
    assert {limit for _, limit in limits} == {1.0, LIMIT}
    first = next(step for step, limit in limits if limit == LIMIT)
    older = as_version_1(recording, tmp_path / "older.mcap")
    assert main(["replay", str(older), "--checkpoint", str(recording.with_suffix(".ckpt"))]) == 1
    found = re.search("differs: step ([0-9,]+): effort", capsys.readouterr().out)
    assert found
    assert int(found[1].replace(",", "")) == first  # lived again up to there

    state = checkpoint.load(tmp_path / "after.ckpt").state
    assert int(state["steps"][0]) == outcome.lived
    assert np.isfinite(state["weight"]).all()

    other = tmp_path / "after.ckpt"
    assert main(["replay", str(recording), "--checkpoint", str(other)]) == 1
    assert "the recording begins at 0" in capsys.readouterr().err


def test_what_is_no_recording_is_said(tmp_path: Path, capsys: pytest.CaptureFixture):
    path = tmp_path / "x.mcap"
    path.write_bytes(b"nothing of the kind")
    assert main(["replay", str(path)]) == 1
    assert "x.mcap: damaged, or no MCAP" in capsys.readouterr().err
