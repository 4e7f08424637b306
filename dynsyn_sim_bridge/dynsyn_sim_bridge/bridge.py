"""The bridge: a simulated robot on the topics of a real one.

To a controller it is a robot under ros2_control: joint_states, imu, odom, scan, contacts and reward
out, joint_command (or an effort controller's array) in, with a command time-out of its own.
"""

from __future__ import annotations

import time
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.task import Future
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool

from dynsyn_controller.messages.commands import CommandReader
from dynsyn_controller.messages.conversions import MessageError, stamp_nanoseconds
from dynsyn_controller.messages.layout import FloatArray
from dynsyn_controller.messages.wire import Decoder
from dynsyn_controller.node.link import Link
from dynsyn_controller.node.local_socket import LocalSocket, wait_for
from dynsyn_controller.node.parameter_table import declare, overrides_of
from dynsyn_controller.node.publishers import COMMAND
from dynsyn_controller.node.qos import QOS
from dynsyn_controller.node.ros_process import create_waiting_service
from dynsyn_controller.node.subscriptions import BUNDLE
from dynsyn_msgs.msg import JointCommand
from dynsyn_msgs.srv import Reset, Step
from dynsyn_sim_bridge.parameters import Settings, settings
from dynsyn_sim_bridge.publishers import Outputs
from dynsyn_sim_bridge.simulation import Simulation

_REFUSAL_PERIOD = 2.0  # s between two logs of refused commands


class Bridge(Node):
    """Publishes what a simulation senses and takes commands for it; `clocks` drive it.

    Args:
        link: to a controller in this process, from which alone commands are taken; None: they come
            on their topic.

    Attributes:
        settings: its parameters.
        simulation: the robot in it.
        effort: (joints,) N m of the last good command; None before the first and after a reset.
        effort_stamp: stamp of that command, ns; -1 for commands that bear none.
        effort_time: when it came, ns of the steady clock.
        outputs: what it publishes.
        paused: the simulation stands still, but for `steps_left` control steps.
        reset_asked: the body was put back by hand and nobody has been told yet.
    """

    def __init__(self, link: Link | None = None) -> None:
        super().__init__("sim", automatically_declare_parameters_from_overrides=True)
        self.settings: Settings = settings(overrides_of(self))
        declare(self, self.settings.table, self.settings.values)
        self.add_post_set_parameters_callback(self._on_parameters)
        asked = self.settings.robot
        robot = asked.create()
        self.simulation = Simulation(robot, self.settings.seed)
        self.effort: FloatArray | None = None
        self.effort_stamp = self.effort_time = -1
        self.paused = False
        self.steps_left = 0
        self.reset_asked = False
        self._steps_done: Future | None = None
        self._commands = CommandReader(robot.layout.joints)
        self._local: LocalSocket | None = None
        if self.settings.lockstep and link is None:
            self._local = LocalSocket.open(self, BUNDLE, COMMAND, bound=False)
        self.outputs = Outputs(self, self.settings, self.simulation, link, self._local)
        self._open_inputs(link)
        self.get_logger().info(
            f"{asked.reference}: {asked.entry.description}; joints {', '.join(robot.layout.joints)}"
        )

    def wait(self, executor: Any, wait: int) -> None:
        """Wait at most `wait` (ns) for what comes, and take it."""
        command = wait_for(executor, self._local, wait)
        if command is not None:
            self._on_command(command)

    def close(self) -> None:
        """Take the node and what it holds away."""
        self.simulation.robot.close()
        if self._local is not None:
            self._local.close()
        self.destroy_node()

    def may_step(self) -> bool:
        """Whether the simulation may go on by one control step now."""
        return not self.paused or self.steps_left > 0

    def step(self, effort: FloatArray) -> None:
        """One control step of the simulation; counts down what `sim/step` asked for."""
        self.simulation.advance(effort)
        if self.steps_left > 0:
            self.steps_left -= 1
            if self.steps_left == 0:
                self._finish_steps(success=True)

    def _open_inputs(self, link: Link | None) -> None:
        self._decoder = Decoder(JointCommand)
        if link is not None:
            link.command = self._take_command
        else:
            self.create_subscription(JointCommand, COMMAND, self._on_command, QOS, raw=True)
        if self.settings.effort_topic:
            self.create_subscription(
                Float64MultiArray, self.settings.effort_topic, self._on_array, QOS
            )
        self.create_service(Reset, "sim/reset", self._on_reset)
        # In a group of its own: it waits for steps, and executors that keep to groups would let
        # nothing else of its group happen meanwhile.
        waiting = ReentrantCallbackGroup()
        create_waiting_service(self, Step, "sim/step", self._on_step, callback_group=waiting)
        self.create_service(SetBool, "sim/pause", self._on_pause)

    def _on_command(self, buffer: bytes) -> None:
        try:
            message = self._decoder.decode(buffer)
        except MessageError as error:
            self._refuse(error)
        else:
            self._take_command(message)

    def _take_command(self, message: Any) -> None:
        try:
            effort = self._commands.read_command(message)
            self._take(effort, stamp_nanoseconds(message.header.stamp))
        except MessageError as error:
            self._refuse(error)

    def _on_array(self, message: Float64MultiArray) -> None:
        try:
            self._take(self._commands.read_array(message), -1)
        except MessageError as error:
            self._refuse(error)

    def _take(self, effort: FloatArray, stamp: int) -> None:
        self.effort, self.effort_stamp = effort, stamp
        self.effort_time = time.monotonic_ns()

    def _refuse(self, error: MessageError) -> None:
        self.get_logger().error(
            f"refused: {error}", throttle_duration_sec=_REFUSAL_PERIOD, skip_first=False
        )

    def _on_parameters(self, parameters: list) -> None:
        for parameter in parameters:
            if parameter.name == "command_timeout":
                self.settings.command_timeout = parameter.value

    def _on_reset(self, request: Reset.Request, response: Reset.Response) -> Reset.Response:
        if request.seed < -1:
            response.message = f"seed: found {request.seed}, expected -1 or more"
            return response
        self.simulation.put_back(None if request.seed == -1 else request.seed)
        self.effort = None
        self.reset_asked = True
        response.success = True
        return response

    def _on_pause(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self.paused = request.data
        self.steps_left = 0
        self._finish_steps(success=False)
        response.success = True
        response.message = "paused" if self.paused else "running"
        return response

    async def _on_step(self, request: Step.Request, response: Step.Response) -> Step.Response:
        if not self.paused:
            response.message = "not paused: call sim/pause first"
        elif request.n < 1:
            response.message = "n: found 0, expected 1 or more"
        elif self._steps_done is not None:
            response.message = "busy: the steps asked for before are not done yet"
        else:
            self.steps_left = request.n
            self._steps_done = Future(executor=self.executor)
            response.success = await self._steps_done
            response.message = "" if response.success else "interrupted by sim/pause"
        response.steps = self.simulation.steps
        return response

    def _finish_steps(self, success: bool) -> None:
        """Let the answer of `sim/step` go, where one is waited for."""
        if self._steps_done is not None:
            done, self._steps_done = self._steps_done, None
            done.set_result(success)
