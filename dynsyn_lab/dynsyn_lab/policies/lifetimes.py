"""From what was learnt elsewhere, or by another learner, to a lifetime that runs and goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from dynsyn_controller.core.blueprint import Blueprint, choose_learner
from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.copying import copy
from dynsyn_controller.core.networks.base import Network
from dynsyn_controller.core.networks.mlp import MlpNetwork
from dynsyn_controller.core.networks.residual import ResidualNetwork
from dynsyn_controller.core.networks.standardisation import EPSILON
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.operations import learnt
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import vacant_controller
from dynsyn_controller.robot.robot import Robot
from dynsyn_lab.policies.policy import Policy, PolicyError, Scaling

NO_BOUND = 1e9
"""Stands for "no bound" of inputs, which must be finite."""


@dataclass(frozen=True)
class Learning:
    """What is to change the weights from now on.

    Attributes:
        learner: type.
        preset: None: see `blueprint.choose_learner`.
        settings: in place of the preset's.
        seed: of what the learner draws at birth, >= 0.
        residual: the weights are left alone, and a residual beside them learns, that goes no
            further than this, in effort limits; 0: the weights change themselves.
    """

    learner: str = "none"
    preset: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    residual: float = 0.0

    def network(self, section: dict[str, Any]) -> dict[str, Any]:
        """Section `network` for a perceptron, given its own.

        Raises:
            PolicyError: a residual beside another network.
        """
        if not self.residual:
            return section
        if section["type"] != MlpNetwork.name:
            raise PolicyError(
                f"residual: found network {section['type']}, expected {MlpNetwork.name}"
            )
        own = {**section, "type": ResidualNetwork.name, "residual_scale": self.residual}
        if section.get("normalisation_time"):  # what it is standardised by stands still, too
            own |= {"normalisation_time": 0.0, "input_statistics": "fixed"}
        return own

    def section(self, robot: Robot) -> dict[str, Any]:
        """Section `learner` of a robot file; what is not given is as `robot` has it.

        Raises:
            SchemaError: an unknown learner.
        """
        return choose_learner(robot.learner, self.learner, self.preset, self.settings)


def from_policy(
    policy: Policy, robot: Robot, joints: Sequence[str], learning: Learning, where: str
) -> tuple[Robot, Controller]:
    """A lifetime of the network `mlp`, or `residual`, that acts as a policy does.

    Args:
        policy: its inputs are the robot's channels, in the robot file's order.
        robot: that it is to drive.
        joints: names of the joints in the order of the policy's actions; empty: the policy's, or
            else the robot file's order.
        learning: from now on.
        where: name of the policy in errors.

    Returns:
        The robot file with network and learner, and the lifetime.

    Raises:
        PolicyError: it has not one input for each channel or one action for each joint.
        RobotFileError, SchemaError: a learner, preset or setting that cannot be.
    """
    channels, *hidden, _ = policy.sizes
    if channels != len(robot.observation):
        raise PolicyError(
            f"{where}: found {channels} inputs, expected the {len(robot.observation)} channels of "
            f"robot {robot.name}"
        )
    order = _order(policy, robot, joints, where)
    network = learning.network(network_of(policy, hidden))
    robot = robot.with_sections(network, learning.section(robot)).complete()
    controller = vacant_controller(robot, learning.seed)
    act_as(policy, order, robot.blueprint, controller.state)
    return robot, controller


def network_of(policy: Policy, hidden: Sequence[int]) -> dict[str, Any]:
    """Section `network` of a robot file in which a lifetime can act as a policy.

    Args:
        policy: its activations and the bound of its inputs are used.
        hidden: units of its hidden layers.
    """
    scaling = policy.scaling
    return {
        "type": MlpNetwork.name,
        "hidden": list(hidden),
        "activation": policy.activation,
        "layer_normalisation": policy.layer_normalised,
        "output_activation": "tanh" if policy.squashed else "linear",
        "input_statistics": "fixed",
        "input_bound": min(scaling.bound, NO_BOUND) if scaling else NO_BOUND,
    }


def act_as(policy: Policy, order: Sequence[int], blueprint: Blueprint, state: np.ndarray) -> None:
    """Make a lifetime act as a policy does; what else it has lived stays.

    Args:
        policy: for whose network (`network_of`) the lifetime was made.
        order: for each joint, which action is its own.
        blueprint: of the lifetime.
        state: its record, shape (1,), changed in place.
    """
    _begin_with(policy.weights(order), MlpNetwork, blueprint, state)
    scaling = policy.scaling
    state["input_mean"] = scaling.mean if scaling else 0.0
    # the network adds EPSILON
    state["input_variance"] = (scaling.variance if scaling else 1.0) - EPSILON


def of_readings(policy: Policy, robot: Robot) -> Policy:
    """A policy that takes the sensors' readings, as one that takes the channels of a robot file.

    A channel is scale * (reading + offset).

    Args:
        policy: with one input for each channel.
        robot: that it is to drive.
    """
    scale = np.array([channel.scale for channel in robot.observation])
    offset = np.array([channel.offset for channel in robot.observation])
    if policy.sizes[0] != scale.size:
        return policy
    own = policy.scaling or Scaling(np.zeros(scale.size), np.ones(scale.size), np.inf)
    scaling = Scaling(scale * (offset + own.mean), scale**2 * own.variance, own.bound)
    (weight, constant), *others = policy.layers
    return replace(policy, layers=((weight * np.sign(scale), constant), *others), scaling=scaling)


def _order(policy: Policy, robot: Robot, joints: Sequence[str], where: str) -> list[int]:
    """For each joint of the robot, which action is its own."""
    names = list(joints or policy.joints or robot.joint_names)
    actions = policy.sizes[-1]
    if len(names) != actions or sorted(names) != sorted(robot.joint_names):
        raise PolicyError(
            f"{where}: {actions} actions, for joints {', '.join(names)}: expected one for each "
            f"joint of robot {robot.name}, once: {', '.join(robot.joint_names)}"
        )
    return [names.index(name) for name in robot.joint_names]


def from_checkpoint(path: Path, robot: Robot, learning: Learning) -> tuple[Robot, Controller]:
    """A lifetime of another learner that begins with what a lifetime has learnt.

    The network comes along as it stands, oscillators and gains included; steps, episodes and
    returns begin anew.

    Raises:
        CheckpointError: the file is missing, damaged, or of another body.
        RobotFileError, SchemaError: a learner, preset or setting that cannot be.
        PolicyError: a residual beside another network than `mlp`.
    """
    saved = checkpoint.load(path)
    checkpoint.check_body(robot, saved)
    before = saved.controller()
    weights = np.empty(before.network.synapses)
    _copy_learnt(before.state, before.blueprint.parameters, weights)
    network = learning.network(saved.robot.network)
    robot = saved.robot.with_sections(network, learning.section(saved.robot)).complete()
    controller = vacant_controller(robot, learning.seed)
    _begin_with(weights, type(before.network), robot.blueprint, controller.state)
    for name, *_ in before.network.fields():
        controller.state[name] = before.state[name]
    return robot, controller


def _begin_with(
    weights: np.ndarray, learnt_in: type[Network], blueprint: Blueprint, state: np.ndarray
) -> None:
    """Put first weights where they go: a policy's beside a residual, others to the learner.

    Args:
        weights: flat, (synapses,) of the network that they were learnt in.
        learnt_in: that network; a residual that was learnt is itself learnt on.
        blueprint: of the lifetime.
        state: its record, shape (1,), changed in place.
    """
    if isinstance(blueprint.network, ResidualNetwork) and learnt_in is not ResidualNetwork:
        state["policy_weight"] = weights
    else:
        blueprint.learner.give_birth(state, weights, blueprint.parameters)


@njit(cache=True)
def _copy_learnt(states, parameters, values):
    copy(learnt(states[0], parameters[0]), values)
