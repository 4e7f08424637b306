"""The process of the bridge: from its arguments to its exit code."""

from __future__ import annotations

import gc
import sys

import rclpy
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from dynsyn_controller.node.parameter_table import ParameterError
from dynsyn_controller.node.ros_process import create_executor, end
from dynsyn_controller.node.stop_request import StopRequest
from dynsyn_sim_bridge.bridge import Bridge
from dynsyn_sim_bridge.clocks import Lockstep, RealTime

NAME = "bridge_node"


def run(arguments: list[str], stop: StopRequest) -> int:
    """Run the bridge until it is asked to stop; returns the exit code.

    0: asked to stop by SIGINT or SIGTERM; 1: failed; 2: wrong arguments or parameters.
    """
    try:
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:  # arguments that ROS does not understand
        return end(NAME, str(error).split(", at /")[0], 2)
    try:
        unknown = remove_ros_args(arguments)[1:]
        if unknown:
            raise ParameterError(f"argument {unknown[0]!r}: expected --ros-args and what follows")
        bridge = Bridge()
    except ValueError as error:  # parameters, a robot file, or a body that does not fit it
        return end(NAME, error, 2)
    except (ImportError, OSError) as error:
        return end(NAME, error, 1)
    executor = create_executor()
    executor.add_node(bridge)
    # A full collection takes longer than a step; what is here by now is here to stay.
    gc.collect()
    gc.freeze()
    clock = Lockstep(bridge) if bridge.settings.lockstep else RealTime(bridge)
    try:
        while not stop.asked:
            clock.run_once(executor)
    finally:
        executor.shutdown()
        bridge.close()
        rclpy.try_shutdown()
        StopRequest.ignore()
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv, StopRequest()))
