"""The controller node: receive, step, publish. `ros2 run dynsyn_controller controller_node`

A lifecycle node and its process: transitions, parameters, signals and exit codes. What it does in
between is in `control_loop`.
"""

from __future__ import annotations

import sys
import traceback
from typing import Any

import rclpy
from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import InvalidParameterException
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from dynsyn_controller.lifetime.checkpoint import CheckpointError
from dynsyn_controller.node.control_loop import LONGEST_WAIT, ControlLoop
from dynsyn_controller.node.link import Link
from dynsyn_controller.node.parameter_table import ParameterError, declare, overrides_of, resolve
from dynsyn_controller.node.parameters import TABLE
from dynsyn_controller.node.presence import Presence
from dynsyn_controller.node.ros_process import create_executor, end
from dynsyn_controller.node.settings import Settings
from dynsyn_controller.node.stop_request import StopRequest
from dynsyn_controller.node.timing import SECOND
from dynsyn_controller.robot.robot import RobotFileError

NAME = "controller_node"
_USAGE = (ParameterError, RobotFileError, InvalidParameterException)


class ControllerNode(LifecycleNode):
    """A learning controller on ROS topics.

    Attributes:
        settings: values of the parameters.
        link: to a robot in this process, taken up when the node is configured; None: the robot is
            heard on topics.
        loop: the lifetime, while the node is configured.
        finished: the node has been shut down; its process may end.
        failure: why the last transition failed, or the last save of the lifetime.

    Raises:
        ParameterError: a parameter that is unknown or out of range.
    """

    def __init__(self) -> None:
        super().__init__("controller", automatically_declare_parameters_from_overrides=True)
        values = resolve(TABLE, overrides_of(self))
        declare(self, TABLE, values)
        self.settings = Settings(**values)
        self.link: Link | None = None
        self.loop: ControlLoop | None = None
        self.finished = False
        self.failure: Exception | None = None
        self._presence = Presence(self.context.get_domain_id(), self.get_namespace())
        self.add_on_set_parameters_callback(self._check_parameters)
        self.add_post_set_parameters_callback(self._on_parameters)

    def start(self) -> None:
        """Configure and activate.

        Raises:
            ParameterError, RobotFileError, CheckpointError: what the parameters ask for cannot be.
        """
        for trigger in (self.trigger_configure, self.trigger_activate):
            if trigger() != TransitionCallbackReturn.SUCCESS:
                raise self.failure or RuntimeError("the node cannot be started")

    def run_once(self, executor: Any, wait: int = LONGEST_WAIT) -> None:
        """Wait for what is next, at most `wait` (ns), and do it."""
        if self.loop is not None:
            self.loop.run_once(executor, wait)
        else:
            executor.spin_once(timeout_sec=wait / SECOND)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read the files, open or continue the lifetime, compile, open topics and services."""
        try:
            self.loop = ControlLoop(self, self.settings, self.link)
        except (ParameterError, RobotFileError, CheckpointError) as error:
            return self._fail(error, TransitionCallbackReturn.FAILURE)
        except Exception as error:  # rclpy would swallow it
            return self._fail(error, TransitionCallbackReturn.ERROR)
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin to act."""
        result = super().on_activate(state)
        assert self.loop is not None  # configured
        self.loop.start()
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Neutral efforts, then silence; the lifetime is saved and stands still."""
        assert self.loop is not None  # active
        self.loop.stop()
        self.get_logger().info("deactivated: the lifetime stands still, no commands are sent")
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close files, topics and services."""
        result = super().on_cleanup(state)
        self._close()
        self.get_logger().info("cleaned up: ready to be configured anew")
        return result

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Neutral efforts where active, checkpoint, and the end."""
        self.failure = None  # of before, which has been told
        self._close()
        self.finished = True
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Back to unconfigured."""
        self._close()
        return TransitionCallbackReturn.SUCCESS

    def _close(self) -> None:
        if self.loop is None:
            return
        if self.loop.acting:
            self.loop.stop()
        if not self.loop.close():
            self.failure = CheckpointError(self.loop.writer.error)
        self.loop = None

    def _fail(self, error: Exception, how: TransitionCallbackReturn) -> TransitionCallbackReturn:
        self.failure = error
        if not self.settings.autostart:  # else the process ends, and says why
            self.get_logger().error(f"not configured: {error}")
        return how

    def _check_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        """Refuse what a parameter's type and range allow, but this lifetime does not."""
        for parameter in parameters:
            if parameter.name == "exploration_limit" and self.loop is not None:
                try:
                    self.loop.guard.lifetime.controller.check_exploration_limit(parameter.value)
                except ValueError as error:
                    return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _on_parameters(self, parameters: list[Parameter]) -> None:
        for parameter in parameters:
            if hasattr(self.settings, parameter.name):
                setattr(self.settings, parameter.name, parameter.value)
                if self.loop is not None:
                    self.loop.apply(parameter.name)


def run(arguments: list[str], stop: StopRequest) -> int:
    """Run the node until it is asked to stop; returns the exit code.

    0: asked to stop by SIGINT, SIGTERM, SIGHUP or the transition shutdown; 1: failed; 2: wrong
    arguments, parameters or robot file.
    """
    try:
        rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
        unknown = remove_ros_args(arguments)[1:]
        if unknown:
            raise ParameterError(f"argument {unknown[0]!r}: expected --ros-args and what follows")
        node = ControllerNode()
    except _USAGE as error:
        return end(NAME, error, 2)
    except RuntimeError as error:  # rclpy's own: a parameter file that cannot be parsed, ...
        return end(NAME, error, 2)
    executor = create_executor()
    executor.add_node(node)
    code = 0
    try:
        if node.settings.autostart:
            node.start()
        while not (stop.asked or node.finished):
            node.run_once(executor)
    except _USAGE as error:
        code = end(NAME, error, 2, shutdown=False)
    except CheckpointError as error:
        code = end(NAME, error, 1, shutdown=False)
    except Exception:
        traceback.print_exc()
        code = 1
    return _leave(node, executor, code)


def _leave(node: ControllerNode, executor: Any, code: int) -> int:
    """Neutral efforts, checkpoint, and everything closed; returns the exit code."""
    if not node.finished:
        node.trigger_shutdown()
    if node.failure is not None:
        code = end(NAME, node.failure, code or 1, shutdown=False)
    executor.shutdown()
    node.destroy_node()
    rclpy.try_shutdown()
    StopRequest.ignore()
    return code


if __name__ == "__main__":
    sys.exit(run(sys.argv, StopRequest()))
