"""One robot as its file describes it: names, order, units, limits and scales."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import yaml

from dynsyn_controller.core.blueprint import Blueprint, choose_learner, choose_network
from dynsyn_controller.core.networks.base import Body
from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.messages.base import Sensor
from dynsyn_controller.messages.joint_state import JointStateSensor
from dynsyn_controller.messages.layout import SensorLayout
from dynsyn_controller.robot.command import Command, CommandRange, command_range
from dynsyn_controller.robot.observation import Channel
from dynsyn_controller.robot.safety.channels import safety_channels
from dynsyn_controller.robot.safety.options import Safety
from dynsyn_controller.robot.sections import Fall, Joint, Reward, Simulation


class RobotFileError(ValueError):
    """A robot file that cannot be used; the message names file, key and what is expected."""


@dataclass(frozen=True)
class Robot:
    """A validated robot file.

    Attributes:
        name: unique among the robots, e.g. "walker".
        description: one line for people.
        control_rate: Hz, > 0; the loop's rate.
        time_scale: milliseconds of the rule per millisecond of the robot, > 0.
        joints: in the order of the effort vector.
        observation: channels in the order of the observation vector.
        sensors: that the observation and the computed reward read.
        network: section `network`: key type and options of that network.
        learner: section `learner`: keys type and preset, and settings of that learner.
        command, reward, fall, safety: see their classes.
        simulation: the simulated body; None: the registered robot of the same name, if any.
        document: the file as a mapping, but for the sections network and learner.
    """

    name: str
    description: str
    control_rate: float
    time_scale: float
    joints: tuple[Joint, ...]
    observation: tuple[Channel, ...]
    network: dict[str, Any]
    learner: dict[str, Any] = field(default_factory=lambda: {"type": "dynamic_synapse"})
    sensors: tuple[Sensor, ...] = ()
    command: Command = field(default_factory=Command)
    reward: Reward = field(default_factory=Reward)
    fall: Fall = field(default_factory=Fall)
    safety: Safety = field(default_factory=Safety)
    simulation: Simulation | None = None
    modules: int = 0
    document: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def source(self) -> str:
        """The robot file as YAML text, kept in checkpoints and run folders."""
        sections = {"network": self.network, "learner": self.learner}
        return yaml.safe_dump({**self.document, **sections}, sort_keys=False)

    @cached_property
    def blueprint(self) -> Blueprint:
        """Network and learner of this robot.

        Raises:
            RobotFileError: they cannot be; not for a robot file that has been read.
        """
        try:
            return Blueprint(self.body, self.network, self.learner)
        except SchemaError as error:
            raise RobotFileError(f"robot {self.name}: {error}") from None

    @property
    def dt(self) -> float:
        """Control step in the rule's own milliseconds."""
        return self.time_scale * 1000.0 / self.control_rate

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the joints in the order of the effort vector."""
        return tuple(joint.name for joint in self.joints)

    @cached_property
    def command_range(self) -> CommandRange:
        """What the network's outputs stand for."""
        return command_range(self.command, self.joints)

    @property
    def gains(self) -> dict[str, tuple[float, ...]]:
        """kp and kd of the joints, where commands are followed with them; otherwise none."""
        if self.command.type != "pd":
            return {}
        return {key: tuple(getattr(each, key) for each in self.joints) for key in ("kp", "kd")}

    @cached_property
    def layout(self) -> SensorLayout:
        """Layout of the sensor vector that holds what observation and computed reward read."""
        by_name = {sensor.name: sensor for sensor in self.sensors}
        used = set(self.reward_blocks)
        for channel in (*self.observation, *self.safety_channels):
            sensor = by_name[channel.source]
            used.add(sensor.block_name(sensor.locate(channel)[0]))
        blocks = [sensor.block_name(block) for sensor in self.sensors for block in sensor.blocks()]
        return SensorLayout(self.sensors, without=set(blocks) - used)

    @property
    def safety_channels(self) -> tuple[Channel, ...]:
        """Readings that the limits of joints and body need beside the observation."""
        return safety_channels(self.joints, self.safety, self.command)

    @property
    def reward_blocks(self) -> tuple[str, ...]:
        """Blocks of the sensor vector that the computed reward reads."""
        place = self.reward.progress != 0.0 or self.fall.height_minimum > -math.inf
        tilt = self.reward.tilt != 0.0 or self.fall.tilt_limit < math.inf
        return ("odom.position",) * place + ("imu.orientation",) * tilt

    @property
    def body(self) -> Body:
        """What the network is told of this robot."""
        joints = range(len(self.joints))
        channels: tuple[dict[str, int], ...] = tuple({} for _ in joints)
        encoders = {s.name for s in self.sensors if isinstance(s, JointStateSensor)}
        for index, channel in enumerate(self.observation):
            of_joint = channel.source in encoders and channel.element in self.joint_names
            if of_joint and channel.kind == "state":
                channels[self.joint_names.index(channel.element)][channel.field] = index
        return Body(
            joints=self.joint_names,
            effort_limit=self.command_range.half,
            states=tuple(c.name for c in self.observation if c.kind == "state"),
            ranges=tuple(c.name for c in self.observation if c.kind == "range"),
            joint_channels=channels,
            sensitivity=np.array([channel.sensitivity for channel in self.observation]),
            fall_threshold=self.reward.fall_threshold,
            dt=self.dt,
        )

    def choose(
        self,
        learner: str | None = None,
        preset: str | None = None,
        settings: Mapping[str, Any] | None = None,
        network: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Robot:
        """This robot with another learner, preset or network, or other settings or options.

        What is not given stays as it is, but settings of the file belong to its own learner and
        preset, and options to its own network (see `blueprint.choose_learner`, `choose_network`).

        Args:
            learner, preset, settings: type, preset and settings of the learner.
            network, options: type and options of the network.

        Raises:
            RobotFileError: something that cannot be.
        """
        try:
            chosen = choose_learner(self.learner, learner, preset, settings)
            section = choose_network(self.network, network, options)
        except SchemaError as error:
            raise RobotFileError(f"robot {self.name}: {error}") from None
        return self.with_sections(section, chosen)

    def with_sections(self, network: Mapping[str, Any], learner: Mapping[str, Any]) -> Robot:
        """This robot with other sections.

        Raises:
            RobotFileError: something that cannot be.
        """
        robot = dataclasses.replace(self, network=dict(network), learner=dict(learner))
        _ = robot.blueprint
        return robot

    def check_birth(self) -> None:
        """Check that a lifetime can be born, and need not come from a checkpoint.

        Raises:
            RobotFileError: its network is one that is made of another.
        """
        try:
            self.blueprint.network.check_birth()
        except SchemaError as error:
            raise RobotFileError(f"robot {self.name}: {error}") from None

    def complete(self) -> Robot:
        """This robot with nothing in its sections left to presets and defaults."""
        return self.with_sections(**self.blueprint.sections)
