"""Lives of the spiking study that have been lived, kept in one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dynsyn_lab.studies.spiking_arms import Arm


class Book:
    """Lives that have been lived, one line of JSON each.

    Attributes:
        lives: by key.

    Args:
        path: of the file; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lives: dict[str, dict[str, Any]] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                self.lives[entry["key"]] = entry

    def write(self, key: str, **result: Any) -> None:
        """Keep one more."""
        entry = {"key": key, **result}
        self.lives[key] = entry
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def of(self, arm: Arm) -> list[dict[str, Any]]:
        """Lives of an arm that are there, by seed."""
        keys = [key_of(arm, seed) for seed in range(arm.seeds)]
        return [self.lives[key] for key in keys if key in self.lives]

    def controls(self) -> dict[str, list[NDArray[np.int64]]]:
        """Frames of each block of episodes of each control, by its name."""
        found: dict[str, list[NDArray[np.int64]]] = {}
        for key, entry in self.lives.items():
            if key.startswith(f"{CONTROLS}/"):
                found.setdefault(key.split("/")[1], []).append(np.array(entry["frames"]))
        return found


CONTROLS = "controls"


def key_of(arm: Arm, seed: int) -> str:
    """Name of a life in the book."""
    return f"{arm.part}/{arm.name}/{seed}"


def control_key(name: str, block: int) -> str:
    """Name of a block of a control in the book."""
    return f"{CONTROLS}/{name}/{block}"
