"""Bridge and controller in one process: python -m dynsyn_lab.live.composed --ros-args ...

For computers on which a second process costs too much. In real time messages still go through ROS;
one thread for each node, so that neither's clock holds up the other's. In lockstep one waits for
the other anyway: one thread, in which they hand each other what they publish.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions

from dynsyn_controller.node.control_loop import LONGEST_WAIT
from dynsyn_controller.node.controller_node import ControllerNode
from dynsyn_controller.node.link import Link
from dynsyn_controller.node.ros_process import create_executor
from dynsyn_controller.node.stop_request import StopRequest
from dynsyn_sim_bridge.bridge import Bridge
from dynsyn_sim_bridge.clocks import Lockstep, RealTime

_LISTENING = 2_000_000
"""ns between two looks, in lockstep, at what else has come: services, parameters, commands."""


class _BridgeThread(threading.Thread):
    """Runs the bridge until it is told to stop; `error` is what ended it before."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(name="bridge")
        self.stop = False
        self.error: BaseException | None = None
        self._bridge = bridge

    def run(self) -> None:
        executor = create_executor()
        try:
            executor.add_node(self._bridge)
            clock = RealTime(self._bridge)
            while not self.stop:
                clock.run_once(executor)
        except BaseException as error:
            self.error = error
        finally:
            executor.shutdown()


def run(arguments: list[str]) -> int:
    """Run both nodes until asked to stop; returns the exit code: 0, or 1 where something failed."""
    stop = StopRequest()
    rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
    try:
        controller = ControllerNode()
        lockstep = controller.settings.lockstep
        controller.link = Link() if lockstep else None
        bridge = Bridge(controller.link)
        if bridge.settings.lockstep != lockstep:
            raise ValueError(
                f"lockstep: found {lockstep} for the controller, {bridge.settings.lockstep} for "
                "the bridge, expected the same"
            )
        controller.start()
        try:
            (_live_in_step if lockstep else _live_in_real_time)(controller, bridge, stop)
        finally:
            bridge.close()
        if controller.failure is not None:
            raise controller.failure
    except (ValueError, RuntimeError, OSError) as error:
        print(f"composed: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    finally:
        rclpy.try_shutdown()
        StopRequest.ignore()
    return 0


def _live_in_real_time(controller: ControllerNode, bridge: Bridge, stop: StopRequest) -> None:
    """The bridge in a thread of its own; it runs on until the controller's end has been said."""
    executor: Any = create_executor()
    executor.add_node(controller)
    thread = _BridgeThread(bridge)
    thread.start()
    try:
        while not (stop.asked or controller.finished or thread.error):
            controller.run_once(executor)
    finally:
        try:
            _end(controller, executor)
        finally:
            thread.stop = True
            thread.join()
    if thread.error is not None:
        raise thread.error


def _live_in_step(controller: ControllerNode, bridge: Bridge, stop: StopRequest) -> None:
    """Step by step; between two steps, now and then, what has come from elsewhere."""
    executor: Any = create_executor()
    executor.add_node(controller)
    executor.add_node(bridge)
    try:
        clock, listen_at = Lockstep(bridge), 0
        while not (stop.asked or controller.finished):
            lived = clock.go_on()
            now = time.monotonic_ns()
            if not lived or now >= listen_at:
                listen_at = now + _LISTENING
                controller.run_once(executor, 0 if lived else LONGEST_WAIT)
    finally:
        _end(controller, executor)


def _end(controller: ControllerNode, executor: Any) -> None:
    """At the end, which may be an error, the effort is neutral and the lifetime saved."""
    controller.failure = None
    if not controller.finished:
        controller.trigger_shutdown()
    executor.shutdown()


if __name__ == "__main__":
    sys.exit(run(sys.argv))
