"""What people call a robot: a registered name, an environment, a class in a file, a robot file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dynsyn_controller.robot.robot import RobotFileError
from dynsyn_controller.robot.robot_file import load_robot
from dynsyn_sim_bridge.robots.entry import Entry
from dynsyn_sim_bridge.robots.registry import entry
from dynsyn_sim_bridge.robots.robot_module import absolute

_ROBOT_FILES = (".yaml", ".yml")


@dataclass(frozen=True)
class Found:
    """What a reference names.

    Attributes:
        entry: the robot's.
        options: of the body that a robot file gives.
        text: of that robot file; None: the entry's own.
        folder: that paths in `text` are relative to.
    """

    entry: Entry
    options: dict[str, Any] = field(default_factory=dict)
    text: str | None = None
    folder: Path = Path()


def find(reference: str) -> Found:
    """What a person's word for a robot names.

    Args:
        reference: as in `registry`, or path/to/robot.yaml: a robot file whose section `simulation`
            says which body is meant.

    Raises:
        ValueError: no such robot, or a robot file that cannot be.
        ImportError: its simulator is not installed.
    """
    if not reference.endswith(_ROBOT_FILES):
        return Found(entry(_canonical(reference)))
    robot = load_robot(reference)
    if robot.simulation is None:
        raise RobotFileError(
            f"robot file {reference}: simulation: missing, expected robot: NAME, gymnasium:ENV_ID "
            "or FILE.py:CLASS"
        )
    found = entry(_beside(robot.simulation.robot, Path(reference)))
    options = dict(robot.simulation.options)
    if found.modules and robot.modules:
        options = {found.modules: robot.modules, **options}
    path = Path(reference).absolute()
    return Found(found, options, path.read_text(encoding="utf-8"), path.parent)


def _canonical(reference: str) -> str:
    return absolute(reference) if ".py:" in reference else reference


def _beside(reference: str, robot_file: Path) -> str:
    """A robot file may name a Python file beside it."""
    if ".py:" not in reference:
        return reference
    path, _, name = reference.rpartition(":")
    return f"{(robot_file.absolute().parent / Path(path).expanduser())}:{name}"
