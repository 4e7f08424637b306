"""A sweep from Python: three learning rates, two lifetimes each, and the arms in one figure.

The command does the same: dynsyn sweep config/sweeps/example.yaml

    python examples/04_sweep.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

from dynsyn_lab.cli import main as cli

SWEEP = """
robot: walker
vary:
  learner.learning_rate: [1.2e-5, 4.8e-5, 9.6e-5]   # 1/ms
lifetimes: 2
steps: 20000
"""


def main() -> None:
    """Fill the folder (default: sweeps/example_04); the same command again goes on."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "sweeps/example_04")
    folder.parent.mkdir(parents=True, exist_ok=True)
    file = folder.with_suffix(".yaml")
    file.write_text(SWEEP, encoding="utf-8")
    if cli.main(["sweep", str(file), "--out", str(folder)]):
        sys.exit(1)
    runs = [str(run) for run in sorted(folder.glob("point_*"))]
    sys.exit(cli.main(["plot", *runs, "--out", str(folder / "figures")]))


if __name__ == "__main__":
    main()
