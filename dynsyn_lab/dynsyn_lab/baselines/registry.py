"""The baselines by the name that `dynsyn train ROBOT --learner NAME` takes; quick to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dynsyn_controller.core.schema import parse, unknown_key
from dynsyn_lab.baselines import settings as of
from dynsyn_lab.baselines.settings import check
from dynsyn_lab.errors import CommandError, UsageError, install_extra


@dataclass(frozen=True)
class Baseline:
    """One of them.

    Attributes:
        about: for people.
        module, name: where the class of its `Peer` is, below dynsyn_lab.baselines.
        Settings: dataclass of what can be set.
        needs: packages, as they are imported.
        hidden: units of the policy's hidden layers, where nothing else is asked for.
        activation: of them, likewise.
        squashed: actions go through a hyperbolic tangent; else they are clipped.
        layer_normalised: its hidden layers are normalised.
        on_ncap: settings that begin otherwise with the network ncap; None: it cannot learn that.
    """

    about: str
    module: str
    name: str
    Settings: type
    needs: tuple[str, ...] = ()
    hidden: tuple[int, ...] = (256, 256)
    activation: str = "relu"
    squashed: bool = True
    layer_normalised: bool = False
    on_ncap: dict[str, Any] | None = None

    @property
    def networks(self) -> tuple[str, ...]:
        """Types of network whose weights it can learn."""
        return ("mlp",) if self.on_ncap is None else ("mlp", "ncap")


_SB3 = ("stable_baselines", "StableBaselines")
_EVOLUTION = ("evolution", "Evolution")
_TORCH = ("torch", "stable_baselines3")
_PLAIN = {"norm_obs": False}
"""The circuit senses bends as they are."""
_QUIET = {**_PLAIN, "log_std_init": -2.3}
"""Deviation 0.1, as in the authors' program: its efforts are of size 1 from the beginning."""
BASELINES = {
    "ppo": Baseline(
        "PPO", *_SB3, of.PpoSettings, _TORCH, (64, 64), "tanh", squashed=False, on_ncap=_QUIET
    ),
    "sac": Baseline("SAC", *_SB3, of.SacSettings, _TORCH),
    "tqc": Baseline("TQC", *_SB3, of.TqcSettings, (*_TORCH, "sb3_contrib")),
    "td3": Baseline("TD3", *_SB3, of.Td3Settings, _TORCH, (400, 300), on_ncap=_PLAIN),
    "ddpg": Baseline("DDPG", *_SB3, of.Td3Settings, _TORCH, (400, 300), on_ncap=_PLAIN),
    "ars": Baseline("ARS", *_SB3, of.ArsSettings, (*_TORCH, "sb3_contrib"), ()),
    "es": Baseline("OpenAI-ES", *_EVOLUTION, of.EsSettings, (), (16,), "tanh", on_ncap=_PLAIN),
    "pepg": Baseline("PEPG", *_EVOLUTION, of.PepgSettings, (), (16,), "tanh", on_ncap=_PLAIN),
    "cma": Baseline("CMA-ES", *_EVOLUTION, of.CmaSettings, ("cma",), (), on_ncap=_PLAIN),
    "stream_ac": Baseline(
        "Stream AC(lambda)",
        "stream_ac",
        "StreamAc",
        of.StreamSettings,
        (),
        (128, 128),
        "leaky_relu",
        squashed=False,
        layer_normalised=True,
    ),
}


def find(name: str) -> Baseline:
    """A baseline by its name.

    Raises:
        UsageError: there is none of this name.
    """
    if name not in BASELINES:
        raise UsageError(f"learner {name}: {unknown_key(name, BASELINES)}")
    return BASELINES[name]


def settings_of(name: str, given: dict[str, Any]) -> Any:
    """All settings of a baseline: those that are given, the others at their defaults.

    Raises:
        SchemaError: one that it does not have, or a value that cannot be.
    """
    settings: Any = parse(find(name).Settings, given, "learner")
    check(settings)
    return settings


def check_installed(name: str) -> None:
    """Check that the packages of a baseline are there, without importing them.

    Raises:
        CommandError: one is not; the message says how to install it.
    """
    import importlib.util

    for package in find(name).needs:
        if importlib.util.find_spec(package) is None:
            raise CommandError(
                f"--learner {name}: {package} is not installed: {install_extra('baselines')}"
            )
