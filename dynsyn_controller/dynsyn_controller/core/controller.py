"""The controller: named observations and a reward in, joint efforts out, learning at every step."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dynsyn_controller.core.blueprint import Blueprint
from dynsyn_controller.core.networks.base import Body, FloatArray, LayerSpec
from dynsyn_controller.core.numba_support import typeof
from dynsyn_controller.core.records import is_laid_out
from dynsyn_controller.core.step import step

_FLOAT64 = np.dtype(np.float64)
_CONTIGUOUS = (_FLOAT64.itemsize,)
_NUMBER_KINDS = "biuf"
_NOTHING = object()


@dataclasses.dataclass(frozen=True)
class Statistics:
    """Reward statistics of a lifetime; returns are sums of rewards over an episode.

    Attributes:
        steps, episodes, falls: counted since birth.
        reward: the last one; NaN before the first.
        reward_average: running mean per step.
        return_last: of the last episode; NaN before one has ended.
        return_average: mean over the last 100 episodes or fewer; NaN before one has ended.
        return_best: best mean over 100 consecutive episodes; NaN before 100 have ended.
    """

    steps: int
    episodes: int
    falls: int
    reward: float
    reward_average: float
    return_last: float
    return_average: float
    return_best: float


class Controller:
    """One lifetime of a network with a learner. Never reset: a fall is just another reward.

    Args:
        blueprint: network, learner, sizes and settings.
        state: the lifetime's record, shape (1,), made by the blueprint; used, not copied.

    Raises:
        ValueError: `state` is another record than the blueprint makes.
    """

    def __init__(self, blueprint: Blueprint, state: np.ndarray) -> None:
        if state.shape != (1,) or state.dtype != blueprint.dtype or not state.flags.writeable:
            raise ValueError("state: found another shape or dtype than the network's record")
        if not is_laid_out(state):
            raise ValueError("state: found another layout, expected a record made by the blueprint")
        self.blueprint = blueprint
        self.body: Body = blueprint.body
        self.network, self.learner = blueprint.network, blueprint.learner
        self.preset = blueprint.preset
        self.state = state
        self._parameters = blueprint.parameters
        self._effort = state["effort"][0]
        self._step: Callable[..., bool] = self._compile_and_step
        self._known: object = _NOTHING
        self._vector: FloatArray = np.zeros(0)

    def step(
        self,
        observation: FloatArray | Sequence[float],
        reward: float,
        terminal: bool = False,
        learning: bool = True,
    ) -> FloatArray:
        """Live one control step.

        Args:
            observation: one vector of numbers, (channels,), in the robot file's order, already
                offset and scaled; quickest as a contiguous float64 array.
            reward: for what the last effort did; not used in a lifetime's first step.
            terminal: the body fell or its course ended, and it has been put back.
            learning: False: frozen; weights stand at what has been learnt, gains stand still.

        Returns:
            Efforts in N m or N, (joints,), within the limits; the next call writes over them.

        Raises:
            ValueError: not one vector of the right length, not numbers, or a number that is not
                finite; then nothing has changed.
        """
        if observation is not self._known:
            self._take(observation)
        live = self._step  # called as an attribute, Python would first look for a method: 30 ns
        try:
            lived = live(self.state, 0, self._parameters, self._vector, reward, terminal, learning)
        except TypeError:
            raise ValueError(f"reward: found {reward!r}, expected a finite number") from None
        if lived:
            return self._effort
        raise ValueError(self._refusal(self._vector, reward))

    def limit_exploration(self, share: float) -> None:
        """Explore by at most this share of what a new-born lifetime does, from the next step on.

        Args:
            share: more than 0, up to 1, which is no limit; not saved with the lifetime.

        Raises:
            ValueError: another share, or the learner cannot; nothing has changed.
        """
        self.check_exploration_limit(share)
        self._parameters = self.blueprint.parameters.copy()
        self._parameters["exploration_limit"] = share

    def check_exploration_limit(self, share: float) -> None:
        """Raise what `limit_exploration` would, and change nothing."""
        if not 0.0 < share <= 1.0:
            raise ValueError(f"exploration limit: found {share}, expected more than 0, up to 1")
        if share < 1.0 and not self.learner.limits_exploration:
            raise ValueError(f"learner {self.learner.name}: its exploration cannot be limited")

    def _take(self, observation: FloatArray | Sequence[float]) -> None:
        """Make `_vector` of an observation; the compiled step trusts its type and dimensions."""
        if (
            type(observation) is np.ndarray
            and observation.dtype is _FLOAT64
            and observation.strides == _CONTIGUOUS
        ):
            # of the same memory, but with a shape and a type that nobody else can set
            self._known, self._vector = observation, observation.view()
        else:
            self._known, self._vector = _NOTHING, self._converted(observation)

    def _converted(self, observation: FloatArray | Sequence[float]) -> FloatArray:
        count = len(self.body.channels)
        try:
            array = np.asarray(observation)
        except ValueError:
            raise ValueError(
                f"observation: found a {type(observation).__name__} with parts of unequal length, "
                f"expected {count} numbers"
            ) from None
        if array.ndim != 1:
            raise ValueError(self._wrong_shape(array))
        if array.size and array.dtype.kind not in _NUMBER_KINDS:
            raise ValueError(
                f"observation: found elements of type {array.dtype}, expected {count} numbers"
            )
        return np.ascontiguousarray(array, np.float64)

    def _wrong_shape(self, observation: FloatArray) -> str:
        return (
            f"observation: found shape {observation.shape}, expected ({len(self.body.channels)},)"
        )

    def _refusal(self, observation: FloatArray, reward: float) -> str:
        if not is_laid_out(self.state):
            return "state: a record of another size has been written over it"
        names = self.body.channels
        if observation.shape != (len(names),):
            return self._wrong_shape(observation)
        for name, value in zip(names, observation, strict=True):
            if not np.isfinite(value):
                return f"observation: {name} is {value}, expected a finite number"
        return f"reward: found {reward}, expected a finite number"

    def _compile_and_step(self, *arguments: Any) -> bool:
        """The first step; those after it call what was compiled.

        That is compiled for records with exactly these fields. Called as it is, it skips Numba's
        look-up of the types of all arguments, which costs a third of a control step.
        """
        types = (self.state, 0, self._parameters, np.zeros(1), 0.0, False, True)
        self._step = step.compile(tuple(typeof(example) for example in types))
        return self._step(*arguments)

    def compile(self) -> None:
        """Compile, and live one step of a copy, so that the first one is not slow.

        A controller that never lives a step (its weights are drawn, moved, frozen) is not compiled.
        """
        state = self.state.copy()
        observation = np.zeros(len(self.body.channels))
        for learning in (True, False):
            self._step(state, 0, self._parameters, observation, 0.0, False, learning)

    @property
    def steps(self) -> int:
        """Control steps lived."""
        return int(self.state["steps"][0])

    @property
    def layers(self) -> tuple[LayerSpec, ...]:
        """Layers of synapses, in the order of the flat arrays."""
        return self.network.layers

    @property
    def weight(self) -> FloatArray:
        """W of every synapse as it acts now, flat, a view."""
        return self.state["weight"][0]

    def quantity(self, name: str) -> FloatArray:
        """One of the learner's quantities of every synapse, such as "amplitude", flat, a view.

        Raises:
            ValueError: this learner has no such quantity.
        """
        if name not in self.learner.quantities:
            known = ", ".join(self.learner.quantities) or "none"
            raise ValueError(f"learner {self.learner.name}: no quantity {name!r}; there is {known}")
        return self.state[name][0]

    @property
    def gain(self) -> FloatArray:
        """Adaptive sensitivity of the hidden units, a view; empty where the network has none."""
        return self.state["gain"][0] if "gain" in (self.state.dtype.names or ()) else np.zeros(0)

    @property
    def unit_names(self) -> tuple[str, ...]:
        """Names of the units that `activity` reports."""
        return self.network.unit_names

    def activity(self) -> FloatArray:
        """Values of the network's units now, (unit_names,)."""
        return self.network.activity(self.state[0])

    @property
    def statistics(self) -> Statistics:
        """Reward statistics of this lifetime."""
        record = self.state[0]
        return Statistics(
            **{field.name: record[field.name].item() for field in dataclasses.fields(Statistics)}
        )
