"""Operations of networks and learners, as the compiled control step calls them.

Each function here stands for a kernel of the network or of the learner that a lifetime has. Which
one is chosen when a caller is compiled, by the *marker*: a field of the parameter record whose name
belongs to one class (`network_walker`, `learner_dynamic_synapse`). Nothing is looked up while a
lifetime lives. No kernel is a closure over another, so Numba's cache on disk serves them all: a
cached step is found again by the fields of the records that it was compiled for, marker included.

The marker of a class from outside this package ends with a hash of the sources that it comes from,
so that an edit there compiles anew.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

from numba.core.dispatcher import Dispatcher
from numba.core.errors import TypingError
from numba.extending import overload

from dynsyn_controller.core.registry import FILE_MODULE
from dynsyn_controller.core.schema import SchemaError

KINDS = ("network", "learner")
REQUIRED = {
    "network": ("think",),
    "learner": ("learn", "freeze", "exploration", "learnt", "put"),
}
OPTIONAL = {
    "network": ("evolve", "constrain", "rhythm", "output_input", "output_of"),
    "learner": ("decide",),
}

_OWN_PACKAGE = __name__.partition(".")[0]
_BOUND: dict[str, type] = {}
_MARKERS: dict[type, str] = {}
"""Of the classes bound so far: a file that is edited now is not what this process has imported."""


def bind(kind: str, cls: type[Any]) -> str:
    """Make a class's operations known to the compiler.

    Args:
        kind: "network" or "learner".
        cls: holds its operations, compiled by `numba_support.njit`, as attributes.

    Returns:
        its marker, the name of a field for the parameter record.

    Raises:
        SchemaError: an operation is missing or not compiled.
    """
    if cls in _MARKERS:
        return _MARKERS[cls]
    for name in REQUIRED[kind] + OPTIONAL[kind]:
        kernel = getattr(cls, name, None)
        if kernel is None and name in OPTIONAL[kind]:
            continue
        if not isinstance(kernel, Dispatcher):
            found = "nothing" if kernel is None else f"a {type(kernel).__name__}"
            raise SchemaError(
                f"{kind}.type",
                f"{cls.__name__}.{name}: found {found}, expected a kernel compiled by njit",
            )
    marker = f"{kind}_{cls.name}"
    if cls.__module__.partition(".")[0] != _OWN_PACKAGE:
        marker += f"_{_source_hash(cls)}"
    _BOUND[marker], _MARKERS[cls] = cls, marker
    return marker


def is_marker(name: str) -> bool:
    """Whether a field of a parameter record has a name that markers have."""
    return name.startswith(tuple(f"{kind}_" for kind in KINDS))


def _source_hash(cls: type) -> str:
    """Of the package that a class comes from, or of its file where that is in no package."""
    digest = hashlib.sha256(cls.__module__.encode())  # by which cached code finds its constants
    package = sys.modules[cls.__module__.partition(".")[0]]
    if not package.__name__.startswith(FILE_MODULE):  # whose name is a hash already
        folders = [Path(folder) for folder in getattr(package, "__path__", [])]
        files = sorted(file for folder in folders for file in folder.rglob("*.py"))
        for file in files or [Path(str(package.__file__))]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _kernel(kind: str, settings: Any, name: str) -> Any:
    """The kernel for a parameter record of this type; None: an optional one that is not there."""
    for field in getattr(settings, "fields", ()):
        cls = _BOUND.get(field)
        if cls is not None and field.startswith(f"{kind}_"):
            return getattr(cls, name, None)
    raise TypingError(
        f"{name}: no marker of a {kind} among {getattr(settings, 'fields', settings)}"
    )


def evolve(state, settings, learning):
    """Network: let run on what runs by itself (oscillators, gains) for one control step.

    Called from a lifetime's second step on, after learning. Optional.
    """


def think(state, settings, observation, learning):
    """Network: fill `state.output`, wanted effort / limit of each joint, from the observation."""


def constrain(state, settings):
    """Network: put learnt values back that must not be (see `put`), after learning. Optional."""


def rhythm(state, settings, into):
    """Network: write where its own rhythm stands, `Network.rhythms` numbers of size 1. Optional."""


def output_input(state, settings):
    """Network: what its last layer was multiplied with last, (columns,). Optional.

    Such a layer is `layers[-1]`, with a row for each joint, and adds its sums up without more.
    """


def output_of(state, settings, total):
    """Network: what its last layer makes of a sum (a residual: before it is scaled and added).

    Optional: the sum itself. What is beyond -1..1 is the joint's limit.
    """


def learn(state, settings, observation, reward, terminal):
    """Learner: live one step on: change weights by the reward for what the last outputs did.

    Args:
        state, settings: records of the lifetime and of its parameters.
        observation: that came with the reward, (channels,).
        reward: finite.
        terminal: the body has been put back since.
    """


def freeze(state, settings):
    """Learner: put `state.weight` where it stands while nothing is learnt."""


def exploration(state, settings):
    """Learner: how widely it explores now, from 1 at birth to 0, all is settled."""


def learnt(state, settings):
    """Learner: the array of learnt values, one for each synapse."""


def put(state, settings, i, value):
    """Learner: set the learnt value of synapse `i`, and its weight accordingly."""


def decide(state, settings, learning):
    """Learner: change `state.output` before it becomes efforts, to explore actions. Optional."""


@overload(evolve)
def _evolve(state, settings, learning):
    kernel = _kernel("network", settings, "evolve")
    if kernel is None:
        return lambda state, settings, learning: None
    return lambda state, settings, learning: kernel(state, settings, learning)


@overload(think)
def _think(state, settings, observation, learning):
    kernel = _kernel("network", settings, "think")
    return lambda state, settings, observation, learning: kernel(
        state, settings, observation, learning
    )


@overload(constrain)
def _constrain(state, settings):
    kernel = _kernel("network", settings, "constrain")
    if kernel is None:
        return lambda state, settings: None
    return lambda state, settings: kernel(state, settings)


@overload(rhythm)
def _rhythm(state, settings, into):
    kernel = _kernel("network", settings, "rhythm")
    if kernel is None:
        return lambda state, settings, into: None
    return lambda state, settings, into: kernel(state, settings, into)


@overload(output_input)
def _output_input(state, settings):
    kernel = _kernel("network", settings, "output_input")
    return lambda state, settings: kernel(state, settings)


@overload(output_of)
def _output_of(state, settings, total):
    kernel = _kernel("network", settings, "output_of")
    if kernel is None:
        return lambda state, settings, total: total
    return lambda state, settings, total: kernel(state, settings, total)


@overload(learn)
def _learn(state, settings, observation, reward, terminal):
    kernel = _kernel("learner", settings, "learn")
    return lambda state, settings, observation, reward, terminal: kernel(
        state, settings, observation, reward, terminal
    )


@overload(freeze)
def _freeze(state, settings):
    kernel = _kernel("learner", settings, "freeze")
    return lambda state, settings: kernel(state, settings)


@overload(exploration)
def _exploration(state, settings):
    kernel = _kernel("learner", settings, "exploration")
    return lambda state, settings: kernel(state, settings)


@overload(learnt)
def _learnt(state, settings):
    kernel = _kernel("learner", settings, "learnt")
    return lambda state, settings: kernel(state, settings)


@overload(put)
def _put(state, settings, i, value):
    kernel = _kernel("learner", settings, "put")
    return lambda state, settings, i, value: kernel(state, settings, i, value)


@overload(decide)
def _decide(state, settings, learning):
    kernel = _kernel("learner", settings, "decide")
    if kernel is None:
        return lambda state, settings, learning: None
    return lambda state, settings, learning: kernel(state, settings, learning)
