"""The configuration of a run whose lifetime learns by a baseline, resolved."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from dynsyn_controller.core.networks.mlp import MlpNetwork
from dynsyn_controller.core.networks.mlp_options import MlpOptions
from dynsyn_controller.core.networks.ncap import NcapNetwork
from dynsyn_controller.core.schema import SchemaError
from dynsyn_lab.baselines.registry import Baseline, check_installed, find, settings_of
from dynsyn_lab.errors import UsageError
from dynsyn_lab.policies.lifetimes import network_of
from dynsyn_lab.policies.policy import Policy, Scaling
from dynsyn_lab.training.backends.registry import IN_PROCESS
from dynsyn_lab.training.run_config import RunConfig
from dynsyn_lab.training.run_setup import make_config, versions

PACKAGES = ("torch", "stable-baselines3", "sb3-contrib", "cma")
_OPTIONS = ("hidden", "activation")


def make_baseline_config(
    name: str,
    robot: str,
    robot_options: dict[str, Any],
    settings: dict[str, Any],
    network: str | None,
    options: dict[str, Any],
    seed: int,
    save_every: int,
    robot_seed: int | None,
    changes: Iterable[str] = (),
) -> RunConfig:
    """Check and resolve what a run is asked for.

    Args:
        name: of the baseline.
        settings: of it.
        network: type of its policy's network; None: a perceptron.
        options: of it; of a perceptron hidden and activation.
        others: see `make_config`.

    Raises:
        UsageError: a robot, option or setting that does not exist or cannot be.
        CommandError, ImportError: a package is not installed.
    """
    baseline = find(name)
    network = network or MlpNetwork.name
    if network not in baseline.networks:
        raise UsageError(
            f"--network: found {network}, expected {' or '.join(baseline.networks)} with "
            f"--learner {name}"
        )
    circuit = network == NcapNetwork.name
    begins = (baseline.on_ncap or {}) if circuit else {}
    try:
        chosen = settings_of(name, {**begins, **settings})
    except SchemaError as error:
        raise UsageError(str(error)) from None
    if circuit and chosen.norm_obs:
        raise UsageError(
            "--learner.norm_obs: found true, expected false with --network ncap, which senses "
            "bends as they are"
        )
    for key in () if circuit else options:
        if key not in _OPTIONS:
            raise UsageError(
                f"--network.{key}: not with --learner {name}, whose network is a perceptron: "
                "expected hidden or activation"
            )
    check_installed(name)
    config = make_config(
        robot,
        robot_options=robot_options,
        learner="none",
        network=network,
        options=options if circuit else _perceptron(name, baseline, chosen, options),
        seed=seed,
        backend=IN_PROCESS,
        save_every=save_every,
        robot_seed=robot_seed,
        changes=changes,
    )
    return dataclasses.replace(
        config,
        baseline={"type": name, **dataclasses.asdict(chosen)},
        overrides={
            **{f"learner.{key}": getattr(chosen, key) for key in settings},
            **{f"network.{key}": config.overrides[f"network.{key}"] for key in options},
        },
        versions=versions(PACKAGES),
    )


def _perceptron(
    name: str, baseline: Baseline, settings: Any, options: dict[str, Any]
) -> dict[str, Any]:
    """Options of the perceptron that acts as the policy will."""
    activation = options.get("activation", baseline.activation)
    hidden = options.get("hidden", list(baseline.hidden))
    if not isinstance(hidden, list):
        raise UsageError(f"--network.hidden: found {hidden!r}, expected a list such as [64, 64]")
    if name == "stream_ac" and activation != baseline.activation:
        raise UsageError(f"--network.activation: found {activation}, expected leaky_relu")
    scaled = getattr(settings, "norm_obs", True)
    blank = Policy(
        layers=(),
        activation=activation,
        # the linear policy of ARS is clipped
        squashed=baseline.squashed and (name != "ars" or bool(hidden)),
        low=np.zeros(0),
        high=np.zeros(0),
        scaling=Scaling(np.zeros(0), np.ones(0), getattr(settings, "clip_obs", np.inf))
        if scaled
        else None,
        layer_normalised=baseline.layer_normalised,
    )
    section = network_of(blank, hidden)
    own = {key: value for key, value in section.items() if key != "type"}
    # those of the robot file belong to another policy
    return {**dataclasses.asdict(MlpOptions()), **own}
