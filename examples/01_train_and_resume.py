"""Train two lifetimes, go on with them later, look at what they did.

The same on the command line:
    dynsyn train walker --lifetimes 2 --preset dynsyn --steps 10000 --out runs/example
    dynsyn train --resume runs/example --steps 20000
    dynsyn eval runs/example/lifetime_000/checkpoint.ckpt --episodes 10

Run it: .venv/bin/python examples/01_train_and_resume.py [FOLDER]
"""

import sys

from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.rollouts.evaluate import evaluate
from dynsyn_lab.training.limits import Limits
from dynsyn_lab.training.progress import PlainProgress
from dynsyn_lab.training.run_folder import RunFolder
from dynsyn_lab.training.run_setup import make_config
from dynsyn_lab.training.trainer import Trainer


def train(folder: RunFolder, steps: int) -> None:
    """Let every lifetime of the run live until it has lived `steps` control steps."""
    with Interrupts() as interrupts, PlainProgress() as progress:
        Trainer(folder, Limits(steps=steps), progress, interrupts).run()


# several processes may be started, and each of them reads this file: hence the guard
if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else "runs/example"
    config = make_config("walker", preset="dynsyn", lifetimes=2, settings={"period_mean": 30.0})
    train(RunFolder.create(path, config), steps=10_000)
    # ... another day: exactly as if it had never stopped
    run = RunFolder(path)
    train(run, steps=20_000)
    for index, lifetime in enumerate(run.lifetimes):
        returns = run.curve(index)["return"]
        print(f"lifetime {index}: {len(returns)} episodes, the last ten average", end=" ")
        print(f"{returns[-10:].mean():.1f}")
        result = evaluate(lifetime / "checkpoint.ckpt", episodes=10, seed=100)
        print(f"  frozen: {result['mean']:.1f}, falls {result['falls']} of {result['episodes']}")
