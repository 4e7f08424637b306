"""A pole on a cart: gymnasium's CartPole, its physics and its bounds, as a robot in SI units.

The cart slides on a rail along x; the pole turns about y. A positive angle leans to +x (REP-103: a
positive rotation about y). The sign of the effort is gymnasium's action, its size is the force;
gymnasium's own is 10 N, the limit.

============================  ==========================  =============================
reading                       from the state              unit
============================  ==========================  =============================
joint_states cart             x, its speed, the force     m, m/s, N
joint_states pole (passive)   angle, its speed            rad, rad/s
imu.orientation               rotation of the pole (y)    unit quaternion
imu.angular_velocity.y        the pole's speed            rad/s
============================  ==========================  =============================

The levels of difficulty are those of Plank et al. (JLPEA 2025, 15(1):5): all but "gymnasium" start
anywhere within half of the bounds; "hard" and "hardest" do not sense speeds, which read 0. Their
actions belong to the controller: "easy" and "hardest" push left or right, "medium" and "hard" may
also do nothing. Their episodes have 15,000 frames.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.messages.imu import ImuSensor
from dynsyn_controller.messages.joint_state import JointStateSensor
from dynsyn_controller.messages.layout import FloatArray, SensorLayout
from dynsyn_controller.node.parameter_table import Parameter
from dynsyn_sim_bridge.robots.base import Outcome
from dynsyn_sim_bridge.robots.body_model import BASE, BodyModel, Box, Joint, Link
from dynsyn_sim_bridge.robots.cart_pole_view import draw
from dynsyn_sim_bridge.robots.entry import Entry
from dynsyn_sim_bridge.robots.task import Task

FORCE_LIMIT = 10.0
"""N"""
RAIL = 2.4
"""m from the middle to either end."""
LEAN = 12.0 * 2.0 * math.pi / 360.0
"""rad; beyond it the pole has fallen."""
PERIOD = 0.02
"""s of a control step, and of a step of the physics."""

_GRAVITY, _CART, _POLE, _HALF_LENGTH = 9.8, 1.0, 0.1, 0.5  # m/s^2, kg, kg, m
_LEVELS = ("gymnasium", "easy", "medium", "hard", "hardest")
_BLIND = ("hard", "hardest")
_START = (0.05, 0.05, 0.05, 0.05)
_WIDE_START = (RAIL / 2.0, 0.05, LEAN / 2.0, 0.05)


class CartPole:
    """See `base.SimulatedRobot` and the module.

    The reward is 1 for every frame and `fall_reward` for one in which the pole falls or the cart
    leaves the rail. Swinging up, the pole hangs at first and never falls, and the reward of a frame
    is (1 + cos(angle)) / 2.

    Attributes:
        state: x (m), its speed (m/s), angle (rad, 0 upright), its speed (rad/s).

    Args:
        frames: control steps of a course, 0: no limit.
        fall_reward: see above; gymnasium's is 1.
        level: of difficulty.
        swing_up: start with the pole hanging.
    """

    control_period = PERIOD

    def __init__(
        self,
        frames: int = 500,
        fall_reward: float = 0.0,
        level: str = "gymnasium",
        swing_up: bool = False,
    ) -> None:
        self.layout = SensorLayout(
            (JointStateSensor(joints=("cart",), passive=("pole",)), ImuSensor()),
            without=("imu.linear_acceleration",),
        )
        self._frames, self._fall_reward, self._swing_up = frames, fall_reward, swing_up
        self._blind = level in _BLIND
        self._reach = np.array(_START if level == "gymnasium" else _WIDE_START)
        self._generator = np.random.default_rng()
        blocks = ("joint_states.position", "joint_states.velocity", "joint_states.effort")
        self._position, self._velocity, self._force_at = (
            self.layout.blocks[name].start for name in blocks
        )
        self._orientation = self.layout.blocks["imu.orientation"].start
        self._turn = self.layout.blocks["imu.angular_velocity"].start
        self.state = np.zeros(4)
        self._force, self._age = 0.0, 0

    @property
    def generator(self) -> np.random.Generator:
        """See `base.SimulatedRobot`: of where courses start."""
        return self._generator

    def reset(self, seed: int | None = None) -> None:
        """Put cart and pole back near their middle; a seed also restarts the generator."""
        if seed is not None:
            self._generator = np.random.default_rng(seed)
        self.state[:] = self._generator.uniform(-self._reach, self._reach)
        if self._swing_up:
            self.state[2] += math.pi
        self._force, self._age = 0.0, 0

    def sense(self, sensors: FloatArray) -> None:
        """Fill `sensors` (layout.size,) in place; see the table above."""
        x, speed, angle, turn = self.state.tolist()
        if self._blind:
            speed = turn = 0.0
        sensors[:] = 0.0
        sensors[self._position], sensors[self._position + 1] = x, angle
        sensors[self._velocity], sensors[self._velocity + 1] = speed, turn
        sensors[self._force_at] = self._force
        sensors[self._orientation + 1] = math.sin(0.5 * angle)
        sensors[self._orientation + 3] = math.cos(0.5 * angle)
        sensors[self._turn + 1] = turn

    def step(self, effort: FloatArray) -> Outcome:
        """Push the cart with `effort` (1,) in N, clamped to +-10, for 20 ms.

        Raises:
            ValueError: an effort that is not finite, or not one; nothing has moved.
        """
        if effort.shape != (1,) or not math.isfinite(effort[0]):
            raise ValueError(f"effort {effort.tolist()}: expected 1 finite")
        self._force = min(max(float(effort[0]), -FORCE_LIMIT), FORCE_LIMIT)
        move(self.state, self._force)
        self._age += 1
        fell = out_of_bounds(self.state, self._swing_up)
        over = 0 < self._frames <= self._age
        reward = 1.0
        if fell:
            reward = self._fall_reward
        elif self._swing_up:
            reward = 0.5 * (1.0 + math.cos(self.state[2]))
        return Outcome(reward, fell or over, fell)

    def frame(self) -> NDArray[np.uint8]:
        """Picture of rail, cart and pole, (400, 600, 3)."""
        return draw(float(self.state[0]), float(self.state[2]), self._force / FORCE_LIMIT)

    def close(self) -> None:
        """There is nothing to release."""


@njit(cache=True)
def move(state, force):
    """20 ms of gymnasium's physics (explicit Euler) under `force` in N, in place.

    Args:
        state: x (m), its speed (m/s), angle (rad), its speed (rad/s).
    """
    speed, angle, turn = state[1], state[2], state[3]
    sine, cosine = math.sin(angle), math.cos(angle)
    total, arm = _CART + _POLE, _POLE * _HALF_LENGTH
    pushed = (force + arm * turn * turn * sine) / total
    turned = (_GRAVITY * sine - cosine * pushed) / (
        _HALF_LENGTH * (4.0 / 3.0 - _POLE * cosine * cosine / total)
    )
    state[0] += PERIOD * speed
    state[1] += PERIOD * (pushed - arm * turned * cosine / total)
    state[2] += PERIOD * turn
    state[3] += PERIOD * turned


@njit(cache=True)
def out_of_bounds(state, swing_up):
    """Whether the cart has left the rail or, unless it is to be swung up, the pole has fallen."""
    return abs(state[0]) > RAIL or (not swing_up and abs(state[2]) > LEAN)


def _model() -> BodyModel:
    """The base is the middle of the rail; the pole's frame lies where it turns."""
    pole = Box((0.04, 0.04, 2.0 * _HALF_LENGTH), (0.0, 0.0, _HALF_LENGTH))
    return BodyModel(
        "cart_pole",
        (
            Link(BASE, (Box((2.0 * RAIL, 0.02, 0.02)),)),
            Link("cart", (Box((0.4, 0.2, 0.2)),)),
            Link("pole", (pole,)),
        ),
        (
            Joint(
                "cart",
                BASE,
                "cart",
                kind="prismatic",
                axis=(1.0, 0.0, 0.0),
                lower=-RAIL,
                upper=RAIL,
                effort=FORCE_LIMIT,
            ),
            Joint("pole", "cart", "pole", kind="continuous", axis=(0.0, 1.0, 0.0)),
        ),
    )


CART_POLE = Entry(
    description="CartPole (gymnasium): a pole to balance on a cart",
    factory=CartPole,
    robot_file="robots/cart_pole.yaml",
    options=(
        Parameter("frames", 500, "control steps of a course (gymnasium: 200, 500), 0: no limit", 0),
        Parameter("fall_reward", 0.0, "reward of the frame of a fall (gymnasium: 1)", -1e6, 1e6),
        Parameter("level", "gymnasium", "of difficulty (Plank et al. 2025)", choices=_LEVELS),
        Parameter("swing_up", False, "start with the pole hanging"),
    ),
    # CartPole-v1: a mean of 475 frames over 100 episodes of 500
    task=Task(solved_return=475.0, episode_steps=500),
    course_option="frames",
    model=lambda _: _model(),
)
