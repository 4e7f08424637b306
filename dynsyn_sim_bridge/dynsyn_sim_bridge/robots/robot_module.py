"""A robot from a Python file or an installed package: an `Entry`, or a class that says the same.

A class follows `base.SimulatedRobot` and may have these attributes, each as in `Entry`:
`robot_file` (a path beside the class's file; by default FILE.yaml beside FILE.py), `options`,
`modules`, `task`, `course_option` and `close_up`. Its constructor takes the options by name.
"""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import Any

from dynsyn_controller.core.registry import load_class
from dynsyn_sim_bridge.robots.entry import Entry

_FACTS = ("options", "modules", "task", "course_option", "close_up")


def absolute(reference: str) -> str:
    """`file.py:Class` with the file's absolute path, so that it is found from anywhere."""
    path, _, name = reference.rpartition(":")
    return f"{Path(path).expanduser().resolve()}:{name}"


def entry_in_file(reference: str) -> Entry:
    """The entry of path/to/file.py:Class.

    Raises:
        ValueError: no such file or class, or the file cannot be executed.
    """
    path, _, name = absolute(reference).rpartition(":")
    found = load_class(path, name, "robot")
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
