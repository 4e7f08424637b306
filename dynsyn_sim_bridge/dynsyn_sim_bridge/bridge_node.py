"""The bridge: a simulated robot on the topics of a real one.

To a controller it is a robot under ros2_control: joint_states, imu, odom, scan, contacts and reward
out, joint_command (or an effort controller's array) in, with a command time-out of its own.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Sequence
from typing import Any

import rclpy
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future
from rclpy.utilities import remove_ros_args
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool

from dynsyn_controller.messages.base import Sensor
from dynsyn_controller.messages.bundle import BundleWriter
from dynsyn_controller.messages.commands import CommandReader
from dynsyn_controller.messages.conversions import (
    MessageError,
    SensorWriter,
    set_stamp,
    stamp_nanoseconds,
)
from dynsyn_controller.messages.layout import FloatArray, SensorLayout
from dynsyn_controller.messages.wire import Decoder, sending_form
from dynsyn_controller.node.link import Link, Parts
from dynsyn_controller.node.parameter_table import ParameterError, declare, overrides_of
from dynsyn_controller.node.qos import QOS
from dynsyn_controller.node.ros_process import create_executor, create_waiting_service, end
from dynsyn_controller.node.senses import REWARD
from dynsyn_controller.node.stop_request import StopRequest
from dynsyn_controller.node.subscriptions import BUNDLE
from dynsyn_msgs.msg import Bundle, JointCommand, Reward
from dynsyn_msgs.srv import Reset, Step
from dynsyn_sim_bridge.clocks import Lockstep, RealTime
from dynsyn_sim_bridge.frames import Appearance
from dynsyn_sim_bridge.parameters import Settings, settings
from dynsyn_sim_bridge.simulation import Simulation

NAME = "bridge_node"
ALWAYS = ("joint_states", "odom")
"""Sensors that are published whether the robot file reads them or not, for people."""
_REFUSAL_PERIOD = 2.0  # s between two logs of refused commands
_LOOK = 5_000_000  # ns between two looks at who listens


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
        stamp: of the observation published last, ns.
        paused: the simulation stands still, but for `steps_left` control steps.
        reset_asked: the body was put back by hand and nobody has been told yet.
    """

    def __init__(self, link: Link | None = None) -> None:
        super().__init__("sim", automatically_declare_parameters_from_overrides=True)
        self.settings: Settings = settings(overrides_of(self))
        declare(self, self.settings.table, self.settings.values)
        self.add_post_set_parameters_callback(self._on_parameters)
        self._link = link
        asked = self.settings.robot
        robot = asked.create()
        self.simulation = Simulation(robot, self.settings.seed)
        self.effort: FloatArray | None = None
        self.effort_stamp = self.effort_time = -1
        self.stamp = 0
        self.paused = False
        self.steps_left = 0
        self.reset_asked = False
        self._look_at = 0  # ns of the steady clock
        self._steps_done: Future | None = None
        self._commands = CommandReader(robot.layout.joints)
        self._open_outputs(asked.robot.sensors)
        self._appearance = Appearance(self, asked, robot.layout, self.settings.publish_tf)
        self._open_inputs()
        self.get_logger().info(
            f"{asked.reference}: {asked.entry.description}; joints {', '.join(robot.layout.joints)}"
        )

    def publish(self, stamp: int) -> None:
        """Publish observation and reward of this moment under `stamp` (ns)."""
        self.stamp = stamp
        self._writer.write(self.simulation.sensors, stamp)
        set_stamp(self._reward.header.stamp, stamp)
        self._reward.value = float(self.simulation.reward)
        self._reward.terminal = bool(self.simulation.terminal)
        self.publish_again()
        self._appearance.publish(self.simulation.sensors, stamp)

    def publish_again(self) -> None:
        """Publish the last observation once more, under its own stamp, for who listens to what."""
        self._look_for_listeners()
        for publish, form in self._heard:
            publish(form.pack())
        if self._bundle_heard:
            messages = [form.pack() for _, form in self._forms]
            self._bundle_publisher.publish(self._bundle.pack(messages))
        if self._link is not None and self._link.hear is not None:
            self._link.hear(self._forms)

    def publish_clock(self, stamp: int) -> None:
        """Publish simulated time (ns) if anybody listens."""
        self._look_for_listeners()
        if self._clock_heard:
            set_stamp(self._clock_message.clock, stamp)
            self._clock_publisher.publish(self._clock_message)

    def _look_for_listeners(self) -> None:
        """Now and then, because asking costs as much as filling a message."""
        now = time.monotonic_ns()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK
        self._heard = [
            (publisher.publish, form)
            for publisher, (_, form) in zip(self._sensor_publishers, self._forms, strict=True)
            if publisher.get_subscription_count() > 0
        ]
        self._bundle_heard = self._bundle_publisher.get_subscription_count() > 0
        self._clock_heard = self._clock_publisher.get_subscription_count() > 0

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

    def _open_outputs(self, read: Sequence[Sensor]) -> None:
        """One publisher for each sensor that is of use; the reward goes out last.

        Args:
            read: the sensors that the robot file reads.

        Raises:
            ParameterError: it reads one as messages of another type than the body's.
        """
        layout = self.simulation.robot.layout
        _check_messages(read, layout)
        topics = {sensor.name: sensor.topic for sensor in read}
        sensors = [each for name, each in layout.sensors.items() if name in (*topics, *ALWAYS)]
        messages = {sensor.name: sensor.new_message() for sensor in sensors}
        # Real messages once, for their lengths; from then on only numbers in their bytes change.
        SensorWriter(layout, messages).write(self.simulation.sensors, 0)
        forms = {name: sending_form(message) for name, message in messages.items()}
        reward = sending_form(Reward())
        topics = {sensor.name: sensor.topic for sensor in sensors} | topics
        self._forms: Parts = [*forms.items(), (REWARD, reward)]
        published = [(type(messages[name]), topics[name]) for name in forms]
        self._sensor_publishers = [
            self.create_publisher(kind, topic, QOS)
            for kind, topic in [*published, (Reward, REWARD)]
        ]
        self._bundle = BundleWriter({name: form.size for name, form in self._forms})
        self._bundle_publisher = self.create_publisher(Bundle, BUNDLE, QOS)
        self._reward: Any = reward.record
        records = {name: form.record for name, form in forms.items()}
        self._writer = SensorWriter(layout, records)
        self._clock_message = Clock()
        self._clock_publisher = self.create_publisher(Clock, "/clock", QOS)

    def _open_inputs(self) -> None:
        self._decoder = Decoder(JointCommand)
        if self._link is not None:
            self._link.command = self._take_command
        else:
            self.create_subscription(JointCommand, "joint_command", self._on_command, QOS, raw=True)
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


def _check_messages(read: Sequence[Sensor], layout: SensorLayout) -> None:
    """Check that a robot file reads the messages that the body sends."""
    for sensor in read:
        own = layout.sensors.get(sensor.name, sensor).message
        if own != sensor.message:
            raise ParameterError(
                f"robot: sensor {sensor.name}: found {sensor.message} in the robot file, "
                f"expected {own}"
            )


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
        bridge.simulation.robot.close()
        bridge.destroy_node()
        rclpy.try_shutdown()
        StopRequest.ignore()
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv, StopRequest()))
