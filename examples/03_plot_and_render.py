"""Look at a lifetime: train a little, draw the paper's figures, and film the walker.

The command does the same: dynsyn plot RUN, dynsyn render RUN/lifetime_000/checkpoint.ckpt OUT.gif

    python examples/03_plot_and_render.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

from dynsyn_lab.cli import main as cli
from dynsyn_lab.plots.learning import draw_returns
from dynsyn_lab.plots.source import open_source
from dynsyn_lab.plots.style import STYLE, save


def main() -> None:
    """Fill the folder (default: runs/example_03) with a run, its figures and a film."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/example_03")
    train = ["train", "walker", "--steps", "20000", "--trace-every", "100", "--out", str(folder)]
    if cli.main(train) or cli.main(["plot", str(folder)]):
        sys.exit(1)

    # One figure by hand, to change or to combine: every draw_... gives a matplotlib Figure.
    with matplotlib.rc_context(STYLE):
        figure = draw_returns(open_source(folder))
        figure.axes[0].set_ylim(-150, 350)
        save(figure, folder / "figures" / "returns_to_scale", ("png",))

    saved = folder / "lifetime_000" / "checkpoint.ckpt"
    sys.exit(cli.main(["render", str(saved), str(folder / "walker.gif"), "--panel"]))


if __name__ == "__main__":
    main()
