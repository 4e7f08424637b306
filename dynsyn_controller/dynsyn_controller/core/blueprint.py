"""What the lifetimes of a population share: network, learner, and the layout of their records.

The sections `network` and `learner` of a robot file come together here, and are checked here alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from dynsyn_controller.core.learners.base import Learner, Preset
from dynsyn_controller.core.learners.registry import LEARNERS
from dynsyn_controller.core.networks.base import Body, LayerSpec, Network
from dynsyn_controller.core.networks.registry import NETWORKS
from dynsyn_controller.core.noise import NOISE_FIELDS
from dynsyn_controller.core.operations import bind, is_marker
from dynsyn_controller.core.records import LAYOUT, SIZE, new_records, record_dtype
from dynsyn_controller.core.schema import SchemaError, parse
from dynsyn_controller.core.statistics import STATISTICS_FIELDS, reset_statistics

_RESERVED = ("type", "preset")


class Blueprint:
    """A network with a learner, sizes and settings fixed; what changes lives in records.

    Args:
        body: names, limits and sensitivities of the robot.
        network: section `network` of a robot file: `type`, `preset` where the network has any, and
            options of that network.
        learner: section `learner`: `type`, `preset`, and settings of that learner. Options and
            settings replace the preset's, which replace the defaults; a preset of the network goes
            before what the learner's says of it.

    Attributes:
        body, network, learner: of all lifetimes.
        preset: name of the learner's preset.
        dtype: of a lifetime's record in memory.
        file_dtype: the same in a file, where it does not tell its layout.
        parameters: what kernels read, shape (1,).

    Raises:
        SchemaError: an unknown type or preset, an option or setting that cannot be, or a network
            and a learner that do not go together.
    """

    def __init__(self, body: Body, network: Mapping[str, Any], learner: Mapping[str, Any]) -> None:
        self.body = body
        network_type, learner_type = (
            _type_of(section, kind)
            for section, kind in ((network, "network"), (learner, "learner"))
        )
        network_class, learner_class = NETWORKS.find(network_type), LEARNERS.find(learner_type)
        self.types = NETWORKS.full_name(network_type), LEARNERS.full_name(learner_type)
        self.preset, preset = _preset(learner_class, learner)
        options = parse(
            network_class.Options,
            {
                **preset.networks.get(network_class.name, {}),
                **_network_preset(network_class, network),
                **_own(network),
            },
            "network",
        )
        settings = parse(learner_class.Settings, {**preset.settings, **_own(learner)}, "learner")
        self.network: Network = network_class(body, options)
        _check_rhythm(self.network)
        self.learner: Learner = learner_class(settings, body)
        self.learner.serve(self.network)
        self.network.check_exploration(self.learner.least_exploration)
        self.file_dtype = self._file_dtype()
        self.dtype = record_dtype(self.file_dtype)
        self.parameters = self._parameter_record()

    @property
    def layers(self) -> tuple[LayerSpec, ...]:
        """Layers of synapses, in the order of the flat arrays."""
        return self.network.layers

    @property
    def sections(self) -> dict[str, dict[str, Any]]:
        """Sections `network` and `learner` with nothing left to presets and defaults."""
        network, learner = self.types
        return {
            "network": {"type": network, **_plain(dataclasses.asdict(self.network.options))},
            "learner": {
                "type": learner,
                "preset": self.preset,
                **_plain(dataclasses.asdict(self.learner.options)),
            },
        }

    def give_birth(self, states: np.ndarray, index: int, generator: np.random.Generator) -> None:
        """Fill record `index` with a new-born lifetime."""
        state = states[index : index + 1]
        state[...] = self.new_records(1)
        state["random_state"] = generator.integers(2**64, dtype=np.uint64)
        state["sensitivity"] = self.body.sensitivity
        state["effort_limit"] = self.body.effort_limit
        reset_statistics(state)
        weights = self.network.initial_weights(generator)
        self.learner.give_birth(state, weights, self.parameters)
        self.network.give_birth(state)

    def new_state(self, seed: int) -> np.ndarray:
        """The record of a new-born lifetime, shape (1,); the same seed gives the same."""
        state = self.new_records(1)
        self.give_birth(state, 0, np.random.default_rng(seed))
        return state

    def new_records(self, count: int) -> np.ndarray:
        """Records for lifetimes that are still to be born, (count,)."""
        return new_records(count, self.dtype)

    def _file_dtype(self) -> np.dtype:
        synapses, joints = self.network.synapses, len(self.body.joints)
        common = [
            ("weight", np.float64, (synapses,)),
            ("output", np.float64, (joints,)),
            ("effort", np.float64, (joints,)),
            ("effort_limit", np.float64, (joints,)),
            ("sensitivity", np.float64, (len(self.body.channels),)),
            *NOISE_FIELDS,
            *STATISTICS_FIELDS,
        ]
        parts = {
            "every lifetime": common,
            f"learner {self.learner.name}": self.learner.fields(synapses),
            f"network {self.network.name}": self.network.fields(),
        }
        _check_apart("record field", {owner: [f[0] for f in own] for owner, own in parts.items()})
        return np.dtype([field for own in parts.values() for field in own], align=True)

    def _parameter_record(self) -> np.ndarray:
        """Flat, with the markers by which kernels are chosen."""
        parts = {
            "every lifetime": {
                "dt": self.body.dt,
                "fall_threshold": self.body.fall_threshold,
                "exploration_limit": 1.0,
            },
            f"learner {self.learner.name}": self.learner.settings(),
            f"network {self.network.name}": self.network.settings(),
        }
        _check_apart("setting", {owner: list(own) for owner, own in parts.items()})
        parts["markers"] = {
            bind(kind, type(part)): 1
            for kind, part in (("network", self.network), ("learner", self.learner))
        }
        values = {name: np.asarray(v) for own in parts.values() for name, v in own.items()}
        fields = [(name, _number(v.dtype), v.shape) for name, v in values.items()]
        record = new_records(1, record_dtype(fields))
        for name, value in values.items():
            record[name] = value
        return record


def _check_rhythm(network: Network) -> None:
    """Check that a network says how many numbers its rhythm has, and writes them."""
    written = hasattr(network, "rhythm")
    if (network.rhythms > 0) != written:
        raise SchemaError(
            "network.type",
            f"{network.name}: found rhythms {network.rhythms} and {'an' if written else 'no'} "
            "operation rhythm, expected both",
        )


def choose_learner(
    section: Mapping[str, Any],
    learner: str | None = None,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A section `learner` with another learner, preset or settings; None: those of `section`.

    Settings of `section` belong to its own learner and preset, and are left out under another one.
    Another learner keeps the preset, where it has one of that name.

    Raises:
        SchemaError: an unknown learner.
    """
    own_type = _type_of(section, "learner")
    chosen = learner or own_type
    cls = LEARNERS.find(chosen)
    same = LEARNERS.full_name(chosen) == LEARNERS.full_name(own_type)
    own_preset = section.get("preset", cls.default_preset if same else None)
    if preset is None:
        preset = own_preset if own_preset in cls.presets or same else cls.default_preset
    kept = _own(section) if same and preset == own_preset else {}
    return {"type": chosen, "preset": preset, **kept, **(settings or {})}


def choose_network(
    section: Mapping[str, Any],
    network: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A section `network` of another type or with other options; None: those of `section`.

    Options of `section` belong to its own type, and are left out under another one. So are those
    that a preset among `options` sets; others, such as where the body's channels are, stay.

    Raises:
        SchemaError: an unknown network or preset.
    """
    own_type = _type_of(section, "network")
    options = options or {}
    chosen = network or _type_of({"type": own_type, **options}, "network")
    same = NETWORKS.full_name(chosen) == NETWORKS.full_name(own_type)
    replaced = _network_preset(NETWORKS.find(chosen), options)
    kept = {key: value for key, value in section.items() if same and key not in replaced}
    return {**kept, **options, "type": chosen}


def _number(dtype: np.dtype) -> type:
    return np.float64 if dtype.kind == "f" else np.int64


def _type_of(section: Mapping[str, Any], kind: str) -> str:
    name = section.get("type")
    if not isinstance(name, str):
        raise SchemaError(f"{kind}.type", f"found {name!r}, expected the name of a {kind}")
    return name


def _own(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in section.items() if key not in _RESERVED}


def _preset(cls: type[Learner], learner: Mapping[str, Any]) -> tuple[str, Preset]:
    name = learner.get("preset", cls.default_preset)
    if not isinstance(name, str) or name not in cls.presets:
        raise SchemaError(
            "learner.preset", f"found {name!r}, expected one of {', '.join(cls.presets)}"
        )
    return name, cls.presets[name]


def _network_preset(cls: type[Network], network: Mapping[str, Any]) -> Mapping[str, Any]:
    """Options of the preset that a section asks for; none without one."""
    if "preset" not in network:
        return {}
    name = network["preset"]
    if not isinstance(name, str) or name not in cls.presets:
        expected = f"one of {', '.join(cls.presets)}" if cls.presets else "none"
        raise SchemaError(
            "network.preset", f"found {name!r}, expected {expected}: network {cls.name}"
        )
    return cls.presets[name]


def _check_apart(what: str, names: dict[str, list[str]]) -> None:
    """Check that no name has two owners, and none looks like a marker."""
    owners = dict.fromkeys((LAYOUT, SIZE), "every record")
    for owner, own in names.items():
        for name in own:
            if name in owners:
                raise SchemaError("learner.type", f"{what} {name} is of {owners[name]} and {owner}")
            if is_marker(name):
                raise SchemaError(
                    "learner.type", f"{what} {name} of {owner}: network_ and learner_ are taken"
                )
            owners[name] = owner


def _plain(value: Any) -> Any:
    """As YAML and JSON have it: lists in place of tuples."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value
