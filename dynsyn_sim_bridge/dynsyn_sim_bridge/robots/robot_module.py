"""A robot from a Python file or an installed package: an `Entry`, or a class that says the same.

A class follows `base.SimulatedRobot` and may have these attributes, each as in `Entry`:
`robot_file` (a path beside the class's file; by default FILE.yaml beside FILE.py), `options`,
`modules`, `task`, `course_option` and `close_up`. Its constructor takes the options by name.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from dynsyn_sim_bridge.robots.entry import Entry

_FACTS = ("options", "modules", "task", "course_option", "close_up")


def absolute(reference: str) -> str:
    """`file.py:Class` with the file's absolute path, so that it is found from anywhere."""
    path, _, name = reference.rpartition(":")
    return f"{Path(path).expanduser().absolute()}:{name}"


def entry_in_file(reference: str) -> Entry:
    """The entry of path/to/file.py:Class.

    Raises:
        ValueError: no such file or class, or the file cannot be executed.
    """
    path, _, name = absolute(reference).rpartition(":")
    found = getattr(_module(Path(path)), name, None)
    if found is None:
        raise ValueError(
            f"robot {path}: there is no {name or 'CLASS'} in it; expected {path}:CLASS"
        )
    return entry_of(found, f"{path}:{name}", f"robot {path}: {name}")


def entry_of(found: Any, name: str, where: str) -> Entry:
    """`found` as an entry of this name, if it is an entry or a class of simulated robots.

    Raises:
        ValueError: it is neither, or has a fact that cannot be.
    """
    if isinstance(found, Entry):
        return dataclasses.replace(found, name=name)
    missing = [
        method
        for method in ("reset", "sense", "step", "frame", "close")
        if not callable(getattr(found, method, None))
    ]
    if not inspect.isclass(found) or missing:
        lacks = f" without {', '.join(missing)}" if inspect.isclass(found) else ""
        raise ValueError(
            f"{where}: found {type(found).__name__}{lacks}, expected an Entry or a class as in "
            "dynsyn_sim_bridge.robots.base.SimulatedRobot"
        )
    facts = {fact: getattr(found, fact) for fact in _FACTS if hasattr(found, fact)}
    description = (inspect.getdoc(found) or name).splitlines()[0]
    return Entry(description, found, _robot_file(found), name=name, **facts)


def _robot_file(found: type) -> Path:
    code = Path(inspect.getfile(found)).absolute()
    named = getattr(found, "robot_file", None)
    return code.parent / named if named is not None else code.with_suffix(".yaml")


def _module(path: Path) -> ModuleType:
    """The module at `path`, executed once in this process."""
    digest = hashlib.sha1(str(path).encode()).hexdigest()[:8]
    name = f"dynsyn_robot_{path.stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    if not path.is_file():
        raise ValueError(f"robot {path}: there is no such file")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look their own module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ValueError(
            f"robot {path}: cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    return module
