"""PPO, SAC, TD3 and DDPG of Stable-Baselines3, TQC and ARS of sb3-contrib, as peers.

A stretch is what the library does between two points at which nothing is under way: a rollout of
PPO, a generation of ARS, some 64 steps of the others. What is saved are arrays and the library's
own parameters; nothing is pickled, and every random generator goes on where it stood.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import sb3_contrib
import stable_baselines3
import torch
from numpy.typing import NDArray
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.noise import NormalActionNoise
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from dynsyn_controller.core.networks.ncap import NcapNetwork
from dynsyn_lab.baselines.account import Account
from dynsyn_lab.baselines.backend import Birth
from dynsyn_lab.baselines.circuit import policy_of_circuit
from dynsyn_lab.baselines.robot_env import RobotEnv
from dynsyn_lab.policies.policy import Policy, Scaling
from dynsyn_lab.policies.sb3_file import CLASSES, policy_of

STRETCH = 64
"""Control steps between two looks of those that learn from every few steps."""
_CLASSES = {
    "ppo": stable_baselines3.PPO,
    "sac": stable_baselines3.SAC,
    "td3": stable_baselines3.TD3,
    "ddpg": stable_baselines3.DDPG,
    "tqc": sb3_contrib.TQC,
    "ars": sb3_contrib.ARS,
}
_ACTIVATIONS = {ours: getattr(torch.nn, theirs) for theirs, ours in CLASSES.items()}
_OURS = {"n_envs", "norm_obs", "norm_reward", "clip_obs", "log_std_init", "noise_std", "n_top"}
_OURS |= {"top_quantiles_to_drop_per_net"}
"""Settings that are no arguments of the algorithm's constructor under this name."""
_BUFFER = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")
_COUNTERS = ("num_timesteps", "_n_updates", "_episode_num")


class StableBaselines:
    """See the module and `backend.Peer`.

    Args:
        birth: the lifetime and what it is to learn by. Torch computes in one thread.
    """

    def __init__(self, birth: Birth) -> None:
        torch.set_num_threads(1)
        self._name, self._settings = birth.name, birth.settings
        population = birth.population
        seed, bodies = population.seeds[0], getattr(birth.settings, "n_envs", 1)
        self._account = Account(population, bodies, birth.note, birth.write)
        seeds = course_seeds(population.course_seeds[0], bodies)
        network = population.blueprint.network
        self._circuit = network if isinstance(network, NcapNetwork) else None
        period = self._circuit.options.period_steps if self._circuit else 0
        self._bodies = [
            RobotEnv(population.bodies, own, self._account, index, period)
            for index, own in enumerate(seeds)
        ]
        makers: Any = [partial(_itself, body) for body in self._bodies]
        world: Any = DummyVecEnv(makers)
        if birth.settings.norm_obs or birth.settings.norm_reward:
            gamma = getattr(birth.settings, "gamma", 0.99)
            world = VecNormalize(
                world,
                norm_obs=birth.settings.norm_obs,
                norm_reward=birth.settings.norm_reward,
                clip_obs=birth.settings.clip_obs,
                gamma=gamma,
            )
        self._world = world
        self._activation = birth.activation
        self._model = self._make(birth, seed)
        self._model.set_logger(Logger(None, []))

    def _make(self, birth: Birth, seed: int) -> Any:
        settings = asdict(birth.settings)
        arguments = {key: value for key, value in settings.items() if key not in _OURS}
        policy: dict[str, Any] = {
            "net_arch": list(birth.hidden),
            "activation_fn": _ACTIVATIONS[birth.activation],
        }
        name: Any = "MlpPolicy"
        if self._circuit:
            state = birth.population.states[0]
            name, own = policy_of_circuit(birth.name, self._circuit, state, list(birth.hidden))
            policy |= own
        if birth.name == "ppo":
            policy["log_std_init"] = birth.settings.log_std_init
        if birth.name in ("sac", "tqc") and birth.settings.use_sde:
            policy |= {"log_std_init": birth.settings.log_std_init, "clip_mean": 0.0}
        if birth.name == "tqc":
            dropped = "top_quantiles_to_drop_per_net"
            arguments[dropped] = settings[dropped]
        if birth.name == "ars":
            arguments["n_top"] = birth.settings.n_top or None
            if not birth.hidden:
                name, policy = "LinearPolicy", {}
        if birth.name in ("td3", "ddpg"):
            joints = self._world.action_space.shape[0]
            spread = np.full(joints, birth.settings.noise_std)
            arguments["action_noise"] = NormalActionNoise(np.zeros(joints), spread)
        return _CLASSES[birth.name](
            name, self._world, policy_kwargs=policy, seed=seed, device="cpu", **arguments
        )

    def live(self) -> None:
        """See `backend.Peer.live`."""
        settings = self._settings
        if self._name == "ppo":
            steps = settings.n_steps * settings.n_envs
        elif self._name == "ars":
            steps = 1  # a whole generation is lived in any case
        else:
            steps = settings.train_freq * -(-STRETCH // settings.train_freq)
        self._model.learn(steps, reset_num_timesteps=False, log_interval=None)

    def policy(self) -> Policy | NDArray[np.float64]:
        """See `backend.Peer.policy`."""
        weights = {
            name: value.double().numpy()
            for name, value in self._model.policy.state_dict().items()
            if not name.startswith("critic")
        }
        if self._circuit:
            return weights["action_net.weight" if self._name == "ppo" else "actor.mu.weight"]
        ones = np.ones(self._world.action_space.shape[0])
        scaling = None
        if self._settings.norm_obs:
            seen = self._world.obs_rms
            variance = seen.var + self._world.epsilon
            scaling = Scaling(seen.mean.copy(), variance, self._world.clip_obs)
        return policy_of(weights, self._name, -ones, ones, self._activation, scaling=scaling)

    def save(self) -> dict[str, NDArray]:
        """See `backend.Peer.save`."""
        model = self._model
        if model._last_obs is None:
            return {}
        numpy_state: Any = np.random.get_state(legacy=False)  # noqa: NPY002 (the library draws there)
        counters = {name: int(getattr(model, name, 0)) for name in _COUNTERS}
        about = {
            "counters": counters,
            "random": {**numpy_state["state"], "key": numpy_state["state"]["key"].tolist()},
            "gauss": [int(numpy_state["has_gauss"]), float(numpy_state["gauss"])],
            "actions": model.action_space.np_random.bit_generator.state,
        }
        _, variables = model._get_torch_save_params()
        kept = {name: getattr(model, name) for name in self._variables(variables)}
        buffer = io.BytesIO()
        torch.save({"states": model.get_parameters(), "variables": kept}, buffer)
        parts = {
            "about": np.array(json.dumps(about)),
            "parameters": np.frombuffer(buffer.getvalue(), np.uint8),
            "torch_random": torch.get_rng_state().numpy(),
            "last_obs": model._last_obs,
            "episode_starts": model._last_episode_starts,
        }
        parts |= {f"account_{name}": part for name, part in self._account.save().items()}
        parts |= self._save_scaling() | self._save_buffer()
        for index, body in enumerate(self._bodies):
            parts |= {f"body_{index}_{n}": part for n, part in body.loop.save().items()}
        return parts

    def _variables(self, own: list[str]) -> list[str]:
        return [*own, "weights"] if self._name == "ars" else own

    def _save_scaling(self) -> dict[str, NDArray]:
        world = self._world
        if not isinstance(world, VecNormalize):
            return {}
        parts = {"original_obs": self._world.get_original_obs(), "returns": world.returns}
        for name in ("obs_rms", "ret_rms"):
            seen = getattr(world, name, None)
            if seen is not None:
                parts |= {
                    f"{name}_{part}": np.array(getattr(seen, part))
                    for part in ("mean", "var", "count")
                }
        return parts

    def _save_buffer(self) -> dict[str, NDArray]:
        buffer = getattr(self._model, "replay_buffer", None)
        if buffer is None:
            return {}
        filled = buffer.buffer_size if buffer.full else buffer.pos
        parts = {f"buffer_{name}": getattr(buffer, name)[:filled] for name in _BUFFER}
        return parts | {"buffer_place": np.array([buffer.pos, buffer.full])}

    def restore(self, parts: dict[str, NDArray]) -> None:
        """See `backend.Peer.restore`."""
        if not parts:
            return
        model, about = self._model, json.loads(str(parts["about"]))
        for name, value in about["counters"].items():
            setattr(model, name, value)
        found = torch.load(io.BytesIO(parts["parameters"].tobytes()), weights_only=True)
        model.set_parameters(found["states"], exact_match=True, device="cpu")
        for name, value in found["variables"].items():
            own = getattr(model, name)
            own.data = value.data  # the optimizer holds this very tensor
        torch.set_rng_state(torch.from_numpy(parts["torch_random"].copy()))
        key = np.array(about["random"]["key"], np.uint32)
        state = ("MT19937", key, about["random"]["pos"], *about["gauss"])
        np.random.set_state(state)  # noqa: NPY002 (the library draws there)
        model.action_space.np_random.bit_generator.state = about["actions"]
        model._last_obs = parts["last_obs"]
        model._last_episode_starts = parts["episode_starts"]
        own_account = {n: parts[f"account_{n}"] for n in self._account.save()}
        self._account.restore(own_account)
        self._restore_scaling(parts)
        self._restore_buffer(parts)
        for index, body in enumerate(self._bodies):
            body.restore({n: parts[f"body_{index}_{n}"] for n in body.loop.save()})

    def _restore_scaling(self, parts: dict[str, NDArray]) -> None:
        world = self._world
        if not isinstance(world, VecNormalize):
            return
        world.old_obs = self._model._last_original_obs = parts["original_obs"]
        world.returns = parts["returns"]
        for name in ("obs_rms", "ret_rms"):
            seen = getattr(world, name, None)
            if seen is not None:
                seen.mean, seen.var = parts[f"{name}_mean"], parts[f"{name}_var"]
                seen.count = float(parts[f"{name}_count"])

    def _restore_buffer(self, parts: dict[str, NDArray]) -> None:
        buffer = getattr(self._model, "replay_buffer", None)
        if buffer is None:
            return
        for name in _BUFFER:
            getattr(buffer, name)[: len(parts[f"buffer_{name}"])] = parts[f"buffer_{name}"]
        place, full = parts["buffer_place"].tolist()
        buffer.pos, buffer.full = place, bool(full)

    def close(self) -> None:
        """See `backend.Peer.close`."""
        for body in self._bodies:
            body.close()


def _itself(body: RobotEnv) -> RobotEnv:
    return body


def course_seeds(seed: int, bodies: int) -> list[int]:
    """Seeds of the courses of a lifetime's bodies; the first is the lifetime's own."""
    others = np.random.SeedSequence(seed).generate_state(bodies - 1) if bodies > 1 else ()
    return [seed, *map(int, others)]
