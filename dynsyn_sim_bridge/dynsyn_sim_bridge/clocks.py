"""The two clocks that a bridge can live by: lockstep with its controller, or real time.

`run_once` waits for what is next, at most `LONGEST_WAIT`, and does it; the node's process calls it
over and over.
"""

from __future__ import annotations

import time

import numpy as np
from rclpy.executors import Executor

from dynsyn_controller.node.timing import SECOND, Deadlines
from dynsyn_sim_bridge.bridge import Bridge

LONGEST_WAIT = SECOND // 5
"""ns; a signal is noticed between two waits."""
SHORT_WAIT = SECOND // 1000
"""ns; in real time while `sim/step` is under way."""
REPEAT = SECOND // 5
"""ns; an observation without an answer is published again: either side may have missed one."""
_WARNING_PERIOD = 10.0  # s


class Lockstep:
    """One control step for each command that bears the stamp of the last observation.

    Time is the simulation's own: it begins with one control period (zero means "no time" in ROS)
    and goes on by whole periods, in integer nanoseconds, so that a run is the same every time.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._period = round(bridge.simulation.robot.control_period * SECOND)
        self._repeat_at = 0
        self._publish(self._period)

    def run_once(self, executor: Executor) -> None:
        """Wait for what is next, at most `LONGEST_WAIT`, and answer a command."""
        self._bridge.wait(executor, LONGEST_WAIT)
        self.go_on()

    def go_on(self) -> bool:
        """Go on with the command that has come; False: none has."""
        bridge = self._bridge
        if bridge.reset_asked:
            bridge.reset_asked = False
            self._publish(bridge.outputs.stamp + self._period)
            return True
        if bridge.effort is not None and bridge.effort_stamp == bridge.outputs.stamp:
            if not bridge.may_step():
                return False
            bridge.step(bridge.effort)
            self._publish(bridge.outputs.stamp + self._period)
            return True
        if time.monotonic_ns() >= self._repeat_at:
            bridge.outputs.publish_again()
            self._repeat_at = time.monotonic_ns() + REPEAT
        return False

    def _publish(self, stamp: int) -> None:
        self._bridge.outputs.publish_clock(stamp)
        self._bridge.outputs.publish(stamp)
        self._repeat_at = time.monotonic_ns() + REPEAT


class RealTime:
    """A control step at each deadline of the steady clock, with the last command held.

    At a factor of 1 stamps are the node clock's, as on hardware; otherwise time is the
    simulation's own and is published on /clock.
    """

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        factor = bridge.settings.realtime_factor
        self._step = round(bridge.simulation.robot.control_period * SECOND)
        self._own_time = bridge.settings.own_time
        self._factor = factor
        self._zero = np.zeros(len(bridge.simulation.robot.layout.joints))
        self._timed_out = True
        self._skipped = 0
        self._deadlines = Deadlines(round(self._step / factor), time.monotonic_ns())
        self._publish()

    def run_once(self, executor: Executor) -> None:
        """Wait until the next deadline, at most, and live one control step if it is due."""
        remaining = self._deadlines.remaining(time.monotonic_ns())
        if remaining > 0:
            # While sim/step waits, always the same time: rclpy's executors other than the events
            # executor begin anew at that pending answer when the time differs, and get no further.
            wait = SHORT_WAIT if self._bridge.steps_left else min(remaining, LONGEST_WAIT)
            executor.spin_once(timeout_sec=wait / SECOND)
            return
        skipped = self._deadlines.advance(time.monotonic_ns())
        # Until the first command nobody is held up: a controller that starts takes the processor.
        if skipped and self._bridge.effort is not None:
            self._skipped += skipped
            self._bridge.get_logger().warning(
                f"the simulation is late: {self._skipped} of its control periods skipped so far",
                throttle_duration_sec=_WARNING_PERIOD,
            )
        self._tick()
        executor.spin_once(timeout_sec=0)  # so that a simulation that is too slow still listens

    def _tick(self) -> None:
        bridge = self._bridge
        if bridge.reset_asked:
            bridge.reset_asked = False
        elif bridge.may_step():
            bridge.step(self._effort())
        else:
            return
        self._publish()

    def _effort(self) -> np.ndarray:
        """The last command's effort, or zero where it is too old."""
        bridge = self._bridge
        age = time.monotonic_ns() - bridge.effort_time
        limit = bridge.settings.command_timeout * SECOND / self._factor
        timed_out = bridge.effort is None or age > limit
        if timed_out and not self._timed_out:
            bridge.get_logger().warning(
                f"no command for {bridge.settings.command_timeout:g} s: zero effort"
            )
        self._timed_out = timed_out
        return self._zero if timed_out or bridge.effort is None else bridge.effort

    def _publish(self) -> None:
        bridge = self._bridge
        if self._own_time:
            stamp = bridge.outputs.stamp + self._step
            bridge.outputs.publish_clock(stamp)
        else:
            stamp = bridge.get_clock().now().nanoseconds
        bridge.outputs.publish(stamp)
