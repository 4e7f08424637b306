"""Robots of any size for tests, and a lifetime beside its plain NumPy reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import yaml
from records import split

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.core.operations import output_of
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.robot import Robot
from dynsyn_controller.robot.robot_file import parse_robot
from dynsyn_lab.bench.reference import WalkerReference


def robot_data(
    joints: int = 2,
    other_states: int = 1,
    rays: int = 0,
    hidden: int = 2,
    oscillators: int = 1,
) -> dict[str, Any]:
    """A robot file as a mapping: positions and speeds of all joints, `other_states` gyroscope and
    speed channels, `rays` of a lidar."""
    names = [f"joint_{number}" for number in range(1, joints + 1)]
    observation = [
        {"name": f"{name}_{field}", "source": "joint_states", "joint": name, "field": field}
        for name in names
        for field in ("position", "velocity")
    ]
    observation += [
        {
            "name": f"other_{number}",
            "source": ("imu", "odom")[number % 2],
            "field": ("angular_velocity.y", "twist.linear.x")[number % 2],
            "sensitivity": 0.5 + number,
        }
        for number in range(other_states)
    ]
    observation += [
        {"name": f"ray_{ray}", "source": "scan", "ray": ray, "kind": "range"} for ray in range(rays)
    ]
    drives = [
        {
            "joint": name,
            "oscillator": at % oscillators,
            "output": "vw"[at % 2],
            "weight": 0.5 - at % 2,
        }
        for at, name in enumerate(names)
    ]
    return {
        "version": 2,
        "name": "sized",
        "description": "a robot of a given size",
        "control_rate": 50.0,
        "time_scale": 1.65,
        "joints": [{"name": name, "effort_limit": 2.0 + at} for at, name in enumerate(names)],
        "observation": observation,
        **({"sensors": [{"name": "scan", "rays": rays}]} if rays else {}),
        "network": {
            "type": "walker",
            "hidden": hidden,
            "oscillators": oscillators,
            "drives": drives,
            "position_feedback": -0.2,
            "velocity_feedback": -0.1,
        },
    }


def sized_robot(**sizes: int) -> Robot:
    """The robot of `robot_data`, validated."""
    return parse_robot(yaml.safe_dump(robot_data(**sizes)))


def twins(
    robot: Robot, preset: str, seed: int, **settings: Any
) -> tuple[Controller, WalkerReference]:
    """The same lifetime twice: by the kernels and by the reference."""
    controller = new_controller(robot, preset, seed=seed, **split(settings))
    return controller, WalkerReference(controller.blueprint, seed)


def live_together(
    controller: Controller, reference: WalkerReference, steps: int, seed: int
) -> float:
    """Let both live on the same random observations and rewards, now and then frozen.

    Rewards have the walker's sizes: tenths, and -100 now and then.

    Returns:
        the largest difference between their efforts, as a fraction of the effort limits.
    """
    random = np.random.default_rng(seed)
    body, worst = controller.body, 0.0
    channels = len(body.states) + len(body.ranges)
    for step in range(steps):
        observation = random.normal(0.0, 0.7, channels)
        fall = random.random() < 0.005
        reward = -100.0 if fall else random.normal(0.1, 0.3)
        learning = step % 997 > 10
        effort = controller.step(observation, reward, fall, learning)
        expected = reference.step(observation, reward, fall, learning)
        worst = max(worst, np.max(np.abs(effort - expected) / body.effort_limit))
    return worst


def differences(controller: Controller, reference: WalkerReference) -> dict[str, float]:
    """Largest difference of each part of the two states."""

    def flat(name: str) -> np.ndarray:
        return np.concatenate([getattr(layer, name).ravel() for layer in reference.layers])

    state = controller.state[0]
    pairs = {name: (state[name], flat(name)) for name in ("weight", "centre", "amplitude")}
    pairs["remaining"] = (state["remaining"], flat("period") - flat("time"))
    pairs["gain"] = (controller.gain, reference.gain)
    pairs["v"] = (state["v"], reference.oscillators.v)
    pairs["w"] = (state["w"], reference.oscillators.w)
    pairs["mean"] = (state["state_mean"], reference.mean)
    pairs["variance"] = (state["state_variance"], reference.variance)
    pairs["progress"] = (state["progress"], reference.progress)
    pairs["baseline"] = (state["baseline"], reference.baseline)
    pairs["settling"] = (state["settling"], reference.settling)
    return {name: float(np.max(np.abs(own - other))) for name, (own, other) in pairs.items()}


@njit
def _made_of(states, parameters, total):
    return output_of(states[0], parameters[0], total)


def made_of(controller: Controller, sums: np.ndarray) -> np.ndarray:
    """What the last layer of a controller's network says that it makes of sums."""
    return np.array([_made_of(controller.state, controller._parameters, each) for each in sums])
