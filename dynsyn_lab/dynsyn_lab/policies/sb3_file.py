"""Policies of Stable-Baselines3: its .zip files, and the .pkl of a VecNormalize beside them.

A .zip holds the weights as a state dictionary of torch, and JSON that says how they were made; see
"On saving and loading" in the library's documentation. No code that the files hold is run, and
Stable-Baselines3 itself is not needed.
"""

from __future__ import annotations

import io
import json
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from dynsyn_lab.errors import CommandError, install_extra
from dynsyn_lab.policies.policy import FloatArray, Policy, PolicyError, Scaling, checked

_HIDDEN = {
    "actor-critic": ("mlp_extractor.shared_net.", "mlp_extractor.policy_net."),
    "SAC": ("actor.latent_pi.",),
    "TD3": ("actor.mu.",),
    "ARS": ("action_net.",),
}
"""Kind of policy -> where its hidden layers are in the state dictionary, from first to last; those
that are not in `_OUTPUT` have the output there as well."""
_OUTPUT = {"actor-critic": "action_net", "SAC": "actor.mu"}
_FIRST = {
    "actor-critic": "action_net.weight",
    "SAC": "actor.mu.weight",
    "TD3": "actor.mu.0.weight",
    "ARS": "action_net.0.weight",
}
"""What tells the kinds of policies apart."""
_ACTIVATION = {"actor-critic": "tanh", "SAC": "relu", "TD3": "relu", "ARS": "relu"}
"""What the library takes where nothing else was asked for."""
CLASSES = {"Tanh": "tanh", "ReLU": "relu", "ELU": "elu", "LeakyReLU": "leaky_relu"}
"""Class in torch.nn -> our activation."""
_NUMBER = re.compile(r"[-+]?(?:inf|\d+\.?\d*(?:e[-+]?\d+)?)")


def read_sb3(path: Path, statistics: Path | None = None) -> Policy:
    """The deterministic policy of PPO, A2C, SAC, TQC, TD3, DDPG or ARS.

    Args:
        path: the .zip.
        statistics: what `VecNormalize.save` wrote; None: observations are taken as they are.

    Raises:
        PolicyError: the files cannot be read, or hold something that is no perceptron.
        CommandError: torch is not installed.
    """
    weights, about = _contents(path)
    _kind_of(weights, str(path))  # what it is comes before what its actions are
    return policy_of(
        weights,
        str(path),
        *_bounds(path, about),
        activation=_activation(path, about),
        squash=bool(_arguments(about).get("squash_output")),
        scaling=None if statistics is None else read_statistics(statistics),
    )


def policy_of(
    weights: dict[str, FloatArray],
    where: str,
    low: FloatArray,
    high: FloatArray,
    activation: str | None = None,
    squash: bool = False,
    scaling: Scaling | None = None,
) -> Policy:
    """The deterministic policy in a state dictionary of the library.

    Args:
        weights: by name.
        where: name of the policy in errors.
        low, high: bounds of the actions, (actions,).
        activation: of the hidden units; None: the algorithm's own.
        squash: actions go through a hyperbolic tangent, whatever the algorithm.
        scaling: of the observation.

    Raises:
        PolicyError: they are not those of a perceptron.
    """
    kind = _kind_of(weights, where)
    layers = _layers(weights, kind)
    # the linear policy of ARS is clipped
    squashed = len(layers) > 1 if kind == "ARS" else kind != "actor-critic"
    policy = Policy(
        layers=layers,
        activation=activation or _ACTIVATION[kind],
        squashed=squashed or squash,
        low=low,
        high=high,
        scaling=scaling,
    )
    return checked(policy, where)


def _kind_of(weights: dict[str, FloatArray], where: str) -> str:
    kind = next((kind for kind, first in _FIRST.items() if first in weights), None)
    own = ("features_extractor.", "pi_features_extractor.", "actor.features_extractor.")
    odd = [name for name in weights if name.startswith(own) or "lstm" in name]
    if kind is None or odd or (kind == "TD3" and "actor.latent_pi.0.weight" in weights):
        found = ", ".join(odd[:1] or list(weights)[:3])
        raise PolicyError(
            f"{where}: found weights {found}, expected those of an MlpPolicy of PPO, A2C, SAC, "
            "TQC, TD3, DDPG or ARS, without an extractor of features and SAC without use_sde"
        )
    return kind


def _contents(path: Path) -> tuple[dict[str, FloatArray], dict[str, Any]]:
    """Weights by name, and the JSON."""
    try:
        import torch
    except ImportError:
        raise CommandError(
            f"{path}: torch is not installed, which a .zip of Stable-Baselines3 needs: "
            f"{install_extra('baselines')}"
        ) from None
    try:
        with zipfile.ZipFile(path) as parts:
            about = json.loads(parts.read("data"))
            found = torch.load(
                io.BytesIO(parts.read("policy.pth")), map_location="cpu", weights_only=True
            )
        return {name: value.double().numpy() for name, value in found.items()}, about
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from None
    except Exception:  # damage can show anywhere: in the zip, the JSON, the tensors
        raise PolicyError(f"{path}: damaged, or not a .zip of Stable-Baselines3") from None


def _layers(weights: dict[str, FloatArray], kind: str) -> tuple[tuple[FloatArray, FloatArray], ...]:
    names = []
    for prefix in _HIDDEN[kind]:
        found = (name for name in weights if name.startswith(prefix) and name.endswith(".weight"))
        names += sorted(found, key=lambda name: int(name.split(".")[-2]))
    stems = [name.removesuffix(".weight") for name in names]
    if kind in _OUTPUT:
        stems.append(_OUTPUT[kind])
    return tuple((weights[f"{stem}.weight"], _constants(weights, stem)) for stem in stems)


def _constants(weights: dict[str, FloatArray], stem: str) -> FloatArray:
    """Of a layer; the linear policy of ARS has none."""
    return weights.get(f"{stem}.bias", np.zeros(weights[f"{stem}.weight"].shape[0]))


def _arguments(about: dict[str, Any]) -> dict[str, Any]:
    """What the policy was made with, as far as the JSON shows it as text."""
    arguments = about.get("policy_kwargs")
    return arguments if isinstance(arguments, dict) else {}


def _activation(path: Path, about: dict[str, Any]) -> str | None:
    given = _arguments(about).get("activation_fn")
    if given is None:
        return None
    name = str(given).rstrip("'>").rpartition(".")[2]
    if name not in CLASSES:
        raise PolicyError(f"{path}: activation: found {name}, expected one of {', '.join(CLASSES)}")
    return CLASSES[name]


def _bounds(path: Path, about: dict[str, Any]) -> tuple[FloatArray, FloatArray]:
    """Least and greatest actions."""
    space = about.get("action_space")
    space = space if isinstance(space, dict) else {}
    shape = space.get("_shape", space.get("shape"))
    kind = str(space.get(":type:", "nothing")).rstrip("'>").rpartition(".")[2]
    if kind != "Box" or not isinstance(shape, list) or len(shape) != 1:
        raise PolicyError(f"{path}: actions: found {kind}, expected a Box of one dimension")
    bounds = []
    for side in ("low", "high"):
        text = str(space.get(side, ""))
        values = [float(number) for number in _NUMBER.findall(text)]
        if len(values) != shape[0] or "..." in text:
            # one number, where it is the same for all
            values = [float(n) for n in _NUMBER.findall(str(space.get(f"{side}_repr", "")))]
            values = values * shape[0] if len(values) == 1 else []
        bounds.append(np.array(values))
    return bounds[0], bounds[1]


def read_statistics(path: Path) -> Scaling:
    """How a VecNormalize scales observations.

    Raises:
        PolicyError: the file cannot be read, or holds something else.
    """
    try:
        with path.open("rb") as file:
            found = _DataOnly(file).load()
        statistics, bound, least = found.obs_rms, float(found.clip_obs), float(found.epsilon)
        mean = np.array(statistics.mean, np.float64)
        variance = np.array(statistics.var, np.float64)
        scaled = bool(found.norm_obs)
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from None
    except Exception:  # a pickle can be wrong in many ways
        raise PolicyError(
            f"{path}: damaged, or not a VecNormalize with one mean for each observation"
        ) from None
    if not scaled:
        raise PolicyError(f"{path}: found norm_obs false: leave this file out")
    return Scaling(mean, variance + least, bound)


class _Inert:
    """Stands for whatever a pickle names: keeps what it is told, and does nothing."""

    def __new__(cls, *_: Any, **__: Any) -> _Inert:
        return super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            self.__dict__.update(state)


_ARRAYS = {
    "_reconstruct": np.zeros(1).__reduce__()[0],
    "_frombuffer": np.zeros(1).__reduce_ex__(5)[0],
    "scalar": np.float64(0.0).__reduce__()[0],
    "dtype": np.dtype,
    "ndarray": np.ndarray,
}
"""All that a pickled array is made of."""


class _DataOnly(pickle.Unpickler):
    """Reads arrays, numbers, texts and containers; of everything else only the attributes."""

    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] == "numpy" and name in _ARRAYS:
            return _ARRAYS[name]
        return _Inert
