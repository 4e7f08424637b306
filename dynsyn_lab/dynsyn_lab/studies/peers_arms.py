"""Arms of the studies of peers: which robot, which learners, which settings.

On the walker PPO, SAC, TQC and ARS have the values that rl-baselines3-zoo tuned for
BipedalWalker-v3 (its hyperparams/*.yml of 2026). On the swimmer OpenAI-ES has those of the NCAP
paper's appendix A.3. So have PPO and DDPG in the arms named so, as far as the paper's library
(Tonic) and this one have the same settings: the discount is this one's, and no update stops early
at a divergence. The circuit begins with weights of 0.3, since with the paper's 1 it swims before it
has learnt anything. The ablations of that paper's figure 7 begin with its own weights of 1, or with
uniformly drawn ones. All others have the defaults of docs/baselines.md, and the dynamic synapses
those of the robot file; with a perceptron, those that are the same for every body.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from dynsyn_lab.baselines.registry import BASELINES

DYNAMIC_SYNAPSES = "dynsyn"
_OFF_POLICY = {
    "learner.learning_rate": "7.3e-4",
    "learner.buffer_size": "300000",
    "learner.batch_size": "256",
    "learner.gamma": "0.98",
    "learner.tau": "0.02",
    "learner.train_freq": "64",
    "learner.gradient_steps": "64",
    "learner.learning_starts": "10000",
    "learner.use_sde": "true",
    "network.hidden": "[400,300]",
}
_WALKER: dict[str, dict[str, str]] = {
    DYNAMIC_SYNAPSES: {},
    "ppo": {
        "learner.n_envs": "32",
        "learner.n_steps": "2048",
        "learner.batch_size": "64",
        "learner.gae_lambda": "0.95",
        "learner.gamma": "0.999",
        "learner.n_epochs": "10",
        "learner.ent_coef": "0.0",
        "learner.learning_rate": "3e-4",
        "learner.clip_range": "0.18",
    },
    "sac": _OFF_POLICY,
    "tqc": _OFF_POLICY,
    "ars": {
        "learner.learning_rate": "0.02",
        "learner.delta_std": "0.0075",
        "learner.n_delta": "64",
        "learner.n_top": "32",
        "learner.alive_bonus_offset": "-0.1",
        "network.hidden": "[16]",
    },
    "pepg": {},
    "cma": {},
    "stream_ac": {},
}

_CIRCUIT = {"network": "ncap", "network.preset": "paper", "network.initial_magnitude": "0.3"}
_EVERY_BODY = {"learner": "dynamic_synapse_normalised"}
_SMALL, _LARGE = {"network.hidden": "[2,2]"}, {"network.hidden": "[256,256]"}
_PAPER_ES = {"learner.population": "256", "learner.sigma": "0.02"}
_PAPER_PPO = {
    "learner.n_steps": "4096",
    "learner.batch_size": "4096",
    "learner.n_epochs": "80",
    "learner.gae_lambda": "0.97",
}
_PAPER_DDPG = {
    "learner.batch_size": "100",
    "learner.train_freq": "50",
    "learner.gradient_steps": "50",
    "learner.learning_starts": "10000",
}
_SWIMMER: dict[str, dict[str, str]] = {
    "dynsyn_ncap": _CIRCUIT,
    "ppo_ncap": _CIRCUIT,
    "ddpg_ncap": _CIRCUIT,
    "es_ncap": {**_CIRCUIT, **_PAPER_ES},
    "ppo_ncap_paper": {**_CIRCUIT, **_PAPER_PPO},
    "ddpg_ncap_paper": {**_CIRCUIT, **_PAPER_DDPG},
    "cma_ncap": _CIRCUIT,
    "dynsyn_mlp2": {"network": "mlp", **_EVERY_BODY, **_SMALL},
    "ppo_mlp2": _SMALL,
    "es_mlp2": {**_SMALL, **_PAPER_ES},
    "ppo_mlp256": _LARGE,
    "ddpg_mlp256": _LARGE,
}

_LEARNERS: dict[str, dict[str, str]] = {
    DYNAMIC_SYNAPSES: {},
    "cma": {},
    "es": _PAPER_ES,
    "ppo": {},
    "ddpg": {},
}
_CIRCUITS = list(product(("shared", "separate"), ("constrained", "free"), ("equal", "uniform")))
_PERCEPTRON = {"network": "mlp", "network.hidden": "[12,10,10]"}


def _circuit(weights: str, signs: str, initial: str) -> dict[str, str]:
    return {
        "network": "ncap",
        "network.preset": "paper",
        "network.weights": weights,
        "network.signs": signs,
        "network.initial": initial,
    }


def _perceptron(learner: str) -> dict[str, str]:
    own = learner == DYNAMIC_SYNAPSES
    return {**_PERCEPTRON, **_EVERY_BODY} if own else _PERCEPTRON


_ABLATIONS: dict[str, dict[str, str]] = {
    **{
        f"{learner}_{'_'.join(circuit)}": {**_circuit(*circuit), **settings}
        for learner, settings in _LEARNERS.items()
        for circuit in _CIRCUITS
    },
    **{
        f"{learner}_perceptron": {**_perceptron(learner), **settings}
        for learner, settings in _LEARNERS.items()
    },
}


@dataclass(frozen=True)
class Peers:
    """One study of peers.

    Attributes:
        robot: of all arms.
        arms: name, which begins with that of the learner and may go on after "_" -> options of
            `dynsyn train`.
        courses: of an evaluation without learning.
        goal: mean return of 100 episodes that counts as solved; None: the robot has none, and never
            falls.
    """

    robot: str
    arms: Mapping[str, Mapping[str, str]]
    courses: int
    goal: int | None

    def words(self, arm: str) -> list[str]:
        """Words after `dynsyn train` that make an arm."""
        learner = learner_of(arm)
        first = [] if learner == DYNAMIC_SYNAPSES else ["--learner", learner]
        rest = [word for key, value in self.arms[arm].items() for word in (f"--{key}", value)]
        return [self.robot, *first, *rest]


def learner_of(arm: str) -> str:
    """Name of an arm's learner."""
    return arm if arm in BASELINES else arm.partition("_")[0]


PEERS = {
    "peers": Peers("walker", _WALKER, 100, 300),
    "ncap": Peers("swimmer", _SWIMMER, 20, None),
    "ncap_ablations": Peers("swimmer", _ABLATIONS, 20, None),
}
"""Studies of peers by name."""
