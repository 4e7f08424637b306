"""Pushes each joint a little, for `dynsyn robot check --wiggle`: sign, scale, delay, which joint.

Efforts, or targets where the robot takes those, go through the robot file's own safety chain.
Whatever is odd ends it, with neutral commands.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Float64MultiArray

from dynsyn_controller.messages.commands import CommandWriter
from dynsyn_controller.robot.observation import Channel
from dynsyn_controller.robot.safety.target_chain import safety_chain
from dynsyn_lab.errors import CommandError
from dynsyn_lab.hardware.check import Finding
from dynsyn_lab.hardware.heard import Listener
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.live.client import ControllerClient
from dynsyn_msgs.msg import JointCommand

_PUSH, _REST = 0.4, 0.4  # s, with an effort and without
_SLEW_STEPS = {"effort": 5, "velocity": 5, "position": 20}  # over which a push grows
_MOST = {"effort": np.inf, "velocity": 0.6, "position": 0.25}  # of a push, in its unit
_SILENT = 0.2  # s without joint_states after which a push is broken off, to be repeated; or
_GAPS, _LONGEST = 3.0, 1.0  # so many of the longest gaps heard before anything moves, at most 1 s
_CATCHING_UP = 0.02  # s
_GONE = 2.0  # s without them that end it
_ATTEMPTS = 5  # of each push
_FAR = 0.5  # rad or m that no joint may go from where it was
_LEAST = 0.002  # rad or m that count as a movement
_RATIO = (0.4, 2.5)  # velocity as it is told, beside that of the positions
_FOLLOWED = (0.5, 1.5)  # movement, beside that of its target

_Pushed = tuple[tuple[NDArray[np.float64], float], float]


class Wiggle:
    """Pushes one joint after the other.

    Args:
        client: to publish with.
        listener: of the robot.
        part: of each joint's limit (half of its range), that it is pushed with.
        effort_topic: Float64MultiArray for forward_command_controller; empty: none.
    """

    def __init__(
        self, client: ControllerClient, listener: Listener, part: float, effort_topic: str
    ) -> None:
        robot = listener.heard.robot
        self._client, self._listener = client, listener
        self._field = field = robot.command.field
        self._robot, self._chain = robot, safety_chain(robot, part / _SLEW_STEPS[field])
        self._push_by = np.minimum(part * robot.command_range.half, _MOST[field])
        self._writer = CommandWriter(robot.joint_names, field, robot.gains)
        self._command, self._array = JointCommand(), Float64MultiArray()
        node = client.node
        self._commands = node.create_publisher(JointCommand, "joint_command", 5)
        self._arrays: Any = None
        if effort_topic:
            self._arrays = node.create_publisher(Float64MultiArray, effort_topic, 5)
        gaps = np.diff(listener.heard.sources["joint_states"].came)
        self._silence = max(_SILENT, min(_GAPS * float(gaps.max(initial=0.0)), _LONGEST))
        self._places: dict[str, list[int]] = {}
        for field in ("position", "velocity"):
            channels = [Channel("c", "joint_states", field, name) for name in robot.joint_names]
            if f"joint_states.{field}" in robot.layout.blocks:
                self._places[field] = [robot.layout.locate(channel)[0] for channel in channels]

    def run(self, interrupts: Interrupts) -> Iterator[Finding]:
        """Push them.

        Args:
            interrupts: what ends it from outside.

        Raises:
            CommandError: the robot file reads no positions, or something odd was seen.
        """
        if "position" not in self._places:
            raise CommandError("wiggle: the robot file reads no positions of joints")
        self._chain.compile()  # before it counts
        self._hear(interrupts)
        self._chain.stop(self._sensors)
        try:
            for index, name in enumerate(self._robot.joint_names):
                forth, delay = self._repeat(index, +1.0, interrupts)
                back, _ = self._repeat(index, -1.0, interrupts)
                yield from self._judge(index, name, forth[0] - back[0], forth[1], delay)
        finally:
            self._send(self._chain.stop())

    def _repeat(self, index: int, sign: float, interrupts: Interrupts) -> _Pushed:
        """A push during which the joints were heard all the time."""
        for _ in range(_ATTEMPTS):
            found = self._push(index, sign, interrupts)
            if found is not None:
                return found
            self._send(self._chain.stop())
            self._hear(interrupts)
        raise CommandError("wiggle: ended: joint_states go silent again and again")

    def _hear(self, interrupts: Interrupts) -> None:
        """Wait until the joints are heard."""
        source = self._listener.heard.sources["joint_states"]
        before, began = len(source.came), time.monotonic()
        while len(source.came) == before:
            if interrupts.requested or time.monotonic() - began > _GONE:
                raise CommandError("wiggle: ended: joint_states went silent")
            self._client.poll(_SILENT)

    def _push(self, index: int, sign: float, interrupts: Interrupts) -> _Pushed | None:
        """Movements of all joints, velocity beside the positions' own, and delay in s; None: the
        joints were not heard."""
        period = 1.0 / self._robot.control_rate
        rest = self._chain.neutral.copy()
        wanted, start = rest.copy(), self._now("position")
        began = time.monotonic()
        delay, positions, speeds, times = -1.0, [], [], []
        while (elapsed := time.monotonic() - began) < _PUSH + _REST:
            if interrupts.requested:
                raise CommandError("wiggle: ended")
            pushing = elapsed < _PUSH
            wanted[index] = rest[index] + sign * self._push_by[index] * pushing
            self._send(self._chain.limit(wanted, self._sensors))
            self._client.poll(period)
            if self._silent():
                return None
            self._refuse_far(start)
            if pushing:
                positions.append(self._now("position"))
                times.append(time.monotonic() - began)
                if "velocity" in self._places:
                    speeds.append(self._now("velocity")[index])
            if delay < 0.0 and abs(self._now("position")[index] - start[index]) > _LEAST:
                delay = time.monotonic() - began
        moved = np.array(positions[-1]) - start
        ratio = 1.0
        if len(speeds) > 2 and abs(moved[index]) > _LEAST:
            ratio = float(np.trapezoid(speeds, times) / moved[index])
        return (moved, ratio), delay

    def _judge(
        self, index: int, name: str, moved: NDArray[np.float64], ratio: float, delay: float
    ) -> Iterator[Finding]:
        own = float(moved[index])
        most = int(np.argmax(np.abs(moved)))
        if abs(own) < _LEAST:
            text = "does not move"
            if abs(moved[most]) > _LEAST:
                text += f", but {self._robot.joint_names[most]} does: joints swapped?"
            yield Finding(True, name, text)
            return
        if most != index and abs(moved[most]) > 2.0 * abs(own):
            other = self._robot.joint_names[most]
            yield Finding(True, name, f"{other} moves more than it does: joints swapped?")
            return
        if own < 0.0:
            text = f"a positive {self._field} moves it by {own:.4f}: the sign is turned"
            yield Finding(True, name, text)
        if not _RATIO[0] < ratio < _RATIO[1]:
            text = f"velocity is {ratio:.3g} times that of the positions: scale or unit?"
            yield Finding(True, name, text)
        told = 2.0 * float(self._push_by[index])
        followed = self._field != "position" or _FOLLOWED[0] < own / told < _FOLLOWED[1]
        if own > 0.0 and not followed:
            yield Finding(True, name, f"moves by {own:.4f}, its target by {told:.4f}: scale?")
        text = f"moves by {own:.4f} with the sign of its {self._field}, "
        if own > 0.0:
            yield Finding(False, name, f"{text}first seen after {delay:.3f} s")

    def _silent(self) -> bool:
        """Whether the joints are not heard, although all that has come has been taken."""
        came = self._listener.heard.sources["joint_states"].came
        if time.monotonic() - came[-1] > self._silence:
            self._client.poll(_CATCHING_UP)  # it may be this process that was held up
        return time.monotonic() - came[-1] > self._silence

    def _refuse_far(self, start: NDArray[np.float64]) -> None:
        gone = np.abs(self._now("position") - start)
        if gone.max() > _FAR:
            name = self._robot.joint_names[int(gone.argmax())]
            raise CommandError(f"wiggle: ended: {name} went {gone.max():.2f} from where it was")

    @property
    def _sensors(self) -> NDArray[np.float64]:
        return self._listener.heard.senses.reader.sensors

    def _now(self, field: str) -> NDArray[np.float64]:
        return self._sensors[self._places[field]].copy()

    def _send(self, effort: NDArray[np.float64]) -> None:
        self._writer.write_command(self._command, effort, time.time_ns())
        self._commands.publish(self._command)
        if self._arrays is not None:
            self._writer.write_array(self._array, effort)
            self._arrays.publish(self._array)
