"""Arms of the study of peers: the walker, each learner with the settings its own people use there.

PPO, SAC, TQC and ARS have the values that rl-baselines3-zoo tuned for BipedalWalker-v3 (its
hyperparams/*.yml of 2026). The others have the defaults of docs/baselines.md, and the dynamic
synapses those of their robot file.
"""

from __future__ import annotations

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

ARMS: dict[str, dict[str, str]] = {
    "dynsyn": {},
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
"""Name of the arm, which but for the dynamic synapses is that of the learner -> options."""
DYNAMIC_SYNAPSES = "dynsyn"


def options_of(arm: str) -> list[str]:
    """Words of `dynsyn train walker` that make this arm."""
    learner = [] if arm == DYNAMIC_SYNAPSES else ["--learner", arm]
    return learner + [word for key, value in ARMS[arm].items() for word in (f"--{key}", value)]
