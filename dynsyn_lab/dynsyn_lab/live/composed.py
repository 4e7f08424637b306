"""Bridge and controller in one process: python -m dynsyn_lab.live.composed --ros-args ...

For computers on which a second process costs too much. Messages still go through ROS; one thread
for each node, so that neither's clock holds up the other's.
"""

from __future__ import annotations

import sys
import threading
import traceback
from typing import Any

import rclpy
from rclpy.signals import SignalHandlerOptions

from dynsyn_controller.node.controller_node import ControllerNode
from dynsyn_controller.node.ros_process import create_executor
from dynsyn_controller.node.stop_request import StopRequest
from dynsyn_sim_bridge.bridge_node import Bridge
from dynsyn_sim_bridge.clocks import Lockstep, RealTime


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
            clock = (Lockstep if self._bridge.settings.lockstep else RealTime)(self._bridge)
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
        bridge, controller = Bridge(), ControllerNode()
        controller.start()
        thread = _BridgeThread(bridge)
        thread.start()
        try:
            _follow(controller, thread, stop)
        finally:
            thread.stop = True
            thread.join()
            bridge.simulation.robot.close()
        if thread.error is not None:
            raise thread.error
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


def _follow(controller: ControllerNode, bridge: _BridgeThread, stop: StopRequest) -> None:
    """Run the controller; at the end, which may be an error, its effort is neutral and it is saved.

    The bridge runs on until that has been said.
    """
    executor: Any = create_executor()
    executor.add_node(controller)
    try:
        while not (stop.asked or controller.finished or bridge.error):
            controller.run_once(executor)
    finally:
        controller.failure = None
        if not controller.finished:
            controller.trigger_shutdown()
        executor.shutdown()


if __name__ == "__main__":
    sys.exit(run(sys.argv))
