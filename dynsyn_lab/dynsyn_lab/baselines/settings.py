"""What can be set of each baseline: `--learner.KEY VALUE`. Names and defaults are the libraries'.

Quick to import: nothing here needs the libraries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dynsyn_controller.core.schema import (
    SchemaError,
    check_at_least,
    check_fractions,
    check_positive,
)


@dataclass(frozen=True)
class Scaled:
    """What every baseline of Stable-Baselines3 has, beside the algorithm's own.

    Attributes:
        norm_obs: observations are standardised by running statistics (`VecNormalize`).
        norm_reward: rewards are divided by the running deviation of the discounted return.
        clip_obs: standard deviations; standardised observations beyond it are drawn in.
    """

    norm_obs: bool = False
    norm_reward: bool = False
    clip_obs: float = 10.0


@dataclass(frozen=True)
class PpoSettings(Scaled):
    """PPO of Stable-Baselines3 (Schulman et al. 2017), with its documentation's advice to scale.

    Attributes:
        n_envs: bodies that live at once; a control step of each counts.
        log_std_init: first logarithm of the deviation of actions, whose range is -1..1.
        others: see the library.
    """

    norm_obs: bool = True
    norm_reward: bool = True
    n_envs: int = 1
    learning_rate: float = 3e-4
    n_steps: int = 2048
    batch_size: int = 64
    n_epochs: int = 10
    gamma: float = 0.99
    gae_lambda: float = 0.95
    clip_range: float = 0.2
    ent_coef: float = 0.0
    vf_coef: float = 0.5
    max_grad_norm: float = 0.5
    log_std_init: float = 0.0


@dataclass(frozen=True)
class OffPolicySettings(Scaled):
    """What those that learn from a replay buffer have in common; see the library."""

    learning_rate: float = 3e-4
    buffer_size: int = 1_000_000
    learning_starts: int = 100
    batch_size: int = 256
    tau: float = 0.005
    gamma: float = 0.99
    train_freq: int = 1
    gradient_steps: int = 1


@dataclass(frozen=True)
class SacSettings(OffPolicySettings):
    """SAC of Stable-Baselines3 (Haarnoja et al. 2018), entropy coefficient tuned by itself.

    Attributes:
        use_sde: exploration that depends on the state (Raffin et al. 2022). The library then clips
            the mean before its tanh; here it does not, so that the policy is a perceptron.
        log_std_init: first logarithm of the deviation, with use_sde.
    """

    use_sde: bool = False
    log_std_init: float = -3.0


@dataclass(frozen=True)
class TqcSettings(SacSettings):
    """TQC of sb3-contrib (Kuznetsov et al. 2020)."""

    top_quantiles_to_drop_per_net: int = 2


@dataclass(frozen=True)
class Td3Settings(OffPolicySettings):
    """TD3 (Fujimoto et al. 2018) and DDPG (Lillicrap et al. 2016) of Stable-Baselines3.

    Attributes:
        noise_std: deviation of the normal noise on the actions, whose range is -1..1.
    """

    learning_rate: float = 1e-3
    noise_std: float = 0.1


@dataclass(frozen=True)
class ArsSettings(Scaled):
    """ARS of sb3-contrib (Mania et al. 2018), version 2: observations are standardised.

    Attributes:
        n_top: of the n_delta directions, how many count; 0: all.
        others: see the library.
    """

    norm_obs: bool = True
    n_delta: int = 8
    n_top: int = 0
    learning_rate: float = 0.02
    delta_std: float = 0.05
    alive_bonus_offset: float = 0.0


@dataclass(frozen=True)
class EvolutionSettings:
    """What the evolution strategies have in common.

    Attributes:
        population: candidates of a generation, each lives `episodes`; 0: the strategy's own number.
        episodes: whose mean return is a candidate's fitness.
        sigma: first deviation of the search, > 0.
        norm_obs: observations are standardised by the statistics of all before this generation.
        clip_obs: standard deviations; standardised observations beyond it are drawn in.
    """

    population: int = 64
    episodes: int = 1
    sigma: float = 0.1
    norm_obs: bool = True
    clip_obs: float = 10.0


@dataclass(frozen=True)
class EsSettings(EvolutionSettings):
    """OpenAI-ES (Salimans et al. 2017): antithetic pairs, centred ranks, Adam.

    Attributes:
        learning_rate: of Adam.
        weight_decay: L2, on the mean.
    """

    learning_rate: float = 0.01
    weight_decay: float = 0.005


@dataclass(frozen=True)
class PepgSettings(EvolutionSettings):
    """PEPG (Sehnke et al. 2010) with symmetric samples.

    Attributes:
        learning_rate: of Adam, on the mean.
        sigma_learning_rate: of the deviations.
        sigma_change: largest relative change of a deviation in one generation, 0..1.
    """

    learning_rate: float = 0.01
    sigma_learning_rate: float = 0.1
    sigma_change: float = 0.2


@dataclass(frozen=True)
class CmaSettings(EvolutionSettings):
    """CMA-ES of the package cma (Hansen 2016); its own number of candidates is 4 + 3 ln(weights).

    Attributes:
        diagonal: only the variances are learnt (sep-CMA-ES), for thousands of weights.
    """

    population: int = 0
    diagonal: bool = False


@dataclass(frozen=True)
class StreamSettings:
    """Stream AC(lambda) (Elsayed et al. 2024, arXiv 2410.14606), with the paper's values.

    Attributes:
        gamma: discount, 0..1.
        trace_decay: lambda, 0..1.
        learning_rate: alpha of actor and critic, > 0.
        kappa_actor, kappa_critic: factors of the bound on the step, > 0.
        entropy: tau, factor of the entropy's gradient.
        sparsity: part of each unit's first weights that is 0, 0..1.
    """

    gamma: float = 0.99
    trace_decay: float = 0.8
    learning_rate: float = 1.0
    kappa_actor: float = 3.0
    kappa_critic: float = 2.0
    entropy: float = 0.01
    sparsity: float = 0.9


QUANTILES = 25
"""Of each critic of TQC."""
_WHOLE: tuple[str, ...] = (
    "n_envs",
    "n_steps",
    "batch_size",
    "n_epochs",
    "buffer_size",
    "train_freq",
    "n_delta",
)
_WHOLE += ("episodes",)
_NOT_NEGATIVE: tuple[str, ...] = (
    "learning_starts",
    "gradient_steps",
    "n_top",
    "noise_std",
    "ent_coef",
    "vf_coef",
    "entropy",
)
_NOT_NEGATIVE += ("population", "weight_decay", "top_quantiles_to_drop_per_net")
_POSITIVE: tuple[str, ...] = (
    "learning_rate",
    "clip_obs",
    "clip_range",
    "sigma",
    "delta_std",
    "kappa_actor",
)
_POSITIVE += ("kappa_critic", "max_grad_norm", "sigma_learning_rate")
_FRACTIONS = ("gamma", "gae_lambda", "tau", "trace_decay", "sparsity", "sigma_change")


def check(settings: Any) -> None:
    """Check that values are in their ranges.

    Raises:
        SchemaError: the first that is not.
    """

    def own(names: tuple[str, ...]) -> list[str]:
        return [name for name in names if hasattr(settings, name)]

    check_at_least("learner", settings, own(_WHOLE), 1)
    check_at_least("learner", settings, own(_NOT_NEGATIVE))
    check_positive("learner", settings, own(_POSITIVE))
    check_fractions("learner", settings, own(_FRACTIONS))
    dropped = getattr(settings, "top_quantiles_to_drop_per_net", 0)
    if dropped >= QUANTILES:
        raise SchemaError(
            "learner.top_quantiles_to_drop_per_net",
            f"found {dropped}, expected less than {QUANTILES}: so many each of the two critics has",
        )
    if isinstance(settings, PpoSettings):
        for name, found in (
            ("batch_size", settings.batch_size),
            ("n_steps", settings.n_steps * settings.n_envs),
        ):
            if found < 2:
                raise SchemaError(
                    f"learner.{name}", f"found {found} for a batch, expected 2 or more"
                )
    if isinstance(settings, CmaSettings) and settings.population == 1:
        raise SchemaError("learner.population", "found 1, expected 0 (by the size) or 2 and more")
    if getattr(settings, "n_top", 0) > getattr(settings, "n_delta", 0):
        raise SchemaError(
            "learner.n_top",
            f"found {settings.n_top}, expected n_delta ({settings.n_delta}) at most",
        )
    if isinstance(settings, (EsSettings, PepgSettings)) and (
        settings.population < 2 or settings.population % 2
    ):
        raise SchemaError(
            "learner.population", f"found {settings.population}, expected an even number"
        )
