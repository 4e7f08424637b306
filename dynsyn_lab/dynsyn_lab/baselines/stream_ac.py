"""Stream AC(lambda) as a peer; what it computes is in `streaming`."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from dynsyn_lab.baselines.account import Account
from dynsyn_lab.baselines.backend import Birth
from dynsyn_lab.baselines.robot_env import RobotEnv
from dynsyn_lab.baselines.streaming import EPSILON, StreamLearner
from dynsyn_lab.policies.policy import Policy, Scaling

STRETCH = 64
"""Control steps between two looks."""


class StreamAc:
    """See the module and `backend.Peer`. It can be saved after any control step.

    Args:
        birth: the lifetime and what it is to learn by.
    """

    def __init__(self, birth: Birth) -> None:
        population = birth.population
        body = population.blueprint.body
        self._joints = len(body.joints)
        self._learner = StreamLearner(
            len(body.channels),
            birth.hidden,
            self._joints,
            birth.settings,
            np.random.default_rng([population.seeds[0], 1]),
        )
        self._account = Account(population, 1, birth.note, birth.write)
        self._world = RobotEnv(population.bodies, population.course_seeds[0], self._account, 0)
        self._state = self._learner.standardise(self._world.reset()[0].astype(np.float64))

    def live(self) -> None:
        """See `backend.Peer.live`."""
        learner, world = self._learner, self._world
        for _ in range(STRETCH):
            action = learner.act(self._state)
            found, reward, terminated, truncated, _ = world.step(action)
            after = learner.standardise(found.astype(np.float64))
            ended = terminated or truncated
            learner.learn(self._state, action, reward, after, terminated, ended)
            if ended:
                after = learner.standardise(world.reset()[0].astype(np.float64))
            self._state = after

    def policy(self) -> Policy:
        """See `backend.Peer.policy`: the mean action."""
        *hidden, (weight, constant) = self._learner.actor.layers
        layers = [(w.copy(), c.copy()) for w, c in hidden]
        layers.append((weight[: self._joints].copy(), constant[: self._joints].copy()))
        seen, ones = self._learner.observations, np.ones(self._joints)
        scaling = Scaling(seen.mean.copy(), seen.variance + EPSILON, np.inf)
        return Policy(
            tuple(layers), "leaky_relu", False, -ones, ones, scaling, layer_normalised=True
        )

    def save(self) -> dict[str, NDArray]:
        """See `backend.Peer.save`."""
        learner = self._learner
        parts = {
            **self._arrays(),
            "state": self._state,
            "discounted": np.array(learner.discounted),
            "random": np.array(json.dumps(learner.generator.bit_generator.state)),
        }
        parts |= {f"account_{name}": part for name, part in self._account.save().items()}
        return parts | {f"body_{name}": part for name, part in self._world.loop.save().items()}

    def restore(self, parts: dict[str, NDArray]) -> None:
        """See `backend.Peer.restore`."""
        learner = self._learner
        for name, own in self._arrays().items():
            own[...] = parts[name]
        self._state = parts["state"]
        learner.discounted = float(parts["discounted"])
        learner.generator.bit_generator.state = json.loads(str(parts["random"]))
        self._account.restore({n: parts[f"account_{n}"] for n in self._account.save()})
        self._world.restore({n: parts[f"body_{n}"] for n in self._world.loop.save()})

    def _arrays(self) -> dict[str, NDArray]:
        """What changes in place."""
        learner = self._learner
        return {
            "actor": learner.actor.weights,
            "critic": learner.critic.weights,
            "actor_trace": learner.traces[0],
            "critic_trace": learner.traces[1],
            "observations": learner.observations.values,
            "rewards": learner.rewards.values,
        }

    def close(self) -> None:
        """See `backend.Peer.close`."""
        self._world.close()
