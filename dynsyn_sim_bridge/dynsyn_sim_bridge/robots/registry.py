"""Where simulated robots are found: in the package, in installed packages, in files, in gymnasium.

| reference | what it is |
|---|---|
| NAME | a robot of this package, or of an installed package's entry-point group `dynsyn.robots` |
| gymnasium:ENV_ID | an environment of gymnasium: see `gymnasium_robot` |
| path/to/file.py:Class | a class, or an entry, in a Python file: see `robot_module` |

A new robot of this package is one line in ROBOTS, one module with its entry, and one robot file.
"""

from __future__ import annotations

import dataclasses
import difflib
import importlib
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from dynsyn_sim_bridge.robots.entry import Entry

GROUP = "dynsyn.robots"
"""Entry points of this group in installed packages are robots, too."""
GYMNASIUM = "gymnasium:"

ROBOTS: dict[str, str] = {
    "walker": "dynsyn_sim_bridge.robots.bipedal_walker:WALKER",
    "walker_hardcore": "dynsyn_sim_bridge.robots.bipedal_walker:WALKER_HARDCORE",
    "swimmer": "dynsyn_sim_bridge.robots.swimmer:SWIMMER",
    "cart_pole": "dynsyn_sim_bridge.robots.cart_pole:CART_POLE",
}
"""Name -> where its entry is, in the order in which they are shown to people. A robot's simulator
is imported when that robot is asked for."""


def names() -> tuple[str, ...]:
    """Names of the robots of this package and of installed packages."""
    return tuple(dict.fromkeys((*ROBOTS, *_installed())))


@cache
def entry(reference: str) -> Entry:
    """The entry of a robot; see the module for what a reference may be.

    Raises:
        ValueError: there is no such robot; the message says which there are.
        ImportError: its simulator is not installed.
    """
    if reference in ROBOTS:
        module, _, attribute = ROBOTS[reference].partition(":")
        found = getattr(importlib.import_module(module), attribute)
        return dataclasses.replace(found, name=reference)
    if reference.startswith(GYMNASIUM):
        from dynsyn_sim_bridge.robots.gymnasium_robot import gymnasium_entry

        return gymnasium_entry(reference.removeprefix(GYMNASIUM), reference)
    if ".py:" in reference:
        from dynsyn_sim_bridge.robots.robot_module import entry_in_file

        return entry_in_file(reference)
    if reference in _installed():
        return _load(reference, _installed()[reference])
    raise ValueError(_unknown(reference))


def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _load(name: str, point: EntryPoint) -> Entry:
    from dynsyn_sim_bridge.robots.robot_module import entry_of

    try:
        found = point.load()
    except AttributeError:
        raise ValueError(f"robot {name}: {point.value}: there is nothing of that name") from None
    return entry_of(found, name, f"robot {name} ({point.value})")


def _unknown(reference: str) -> str:
    near = difflib.get_close_matches(reference, names(), n=1)
    if near:
        return f"no robot named {reference!r}; did you mean {near[0]!r}?"
    return (
        f"no robot named {reference!r}; expected one of {', '.join(names())}, gymnasium:ENV_ID, "
        "FILE.py:CLASS, or a robot file FILE.yaml that says its simulation"
    )
