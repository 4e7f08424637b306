"""Other learners on the changes of the study `lifelong`: frozen, and going on learning there.

A learner learns on the unchanged walker first, once for each seed: its childhood. Every change goes
on from where that stands: at that step of the life the body changes, as with `dynsyn train
--change`. What is under way is lived to its end on the old body and is not counted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dynsyn_controller.core.text_values import value_of
from dynsyn_controller.lifetime import checkpoint
from dynsyn_lab.baselines.backend import backend_maker
from dynsyn_lab.baselines.run_setup import make_baseline_config
from dynsyn_lab.studies.lifelong_lives import (
    CHANGES,
    Life,
    evaluate_frozen,
    frozen_file,
    open_run,
)
from dynsyn_lab.studies.lifelong_peers_report import report
from dynsyn_lab.studies.peers_arms import PEERS
from dynsyn_lab.studies.trial_processes import SAVE_EVERY
from dynsyn_lab.training.changes import Bodies, Change
from dynsyn_lab.training.limits import Limits
from dynsyn_lab.training.run_config import RunConfig
from dynsyn_lab.training.run_folder import ORIGIN, RunFolder
from dynsyn_lab.training.train import train

ROBOT = "walker"


@dataclass(frozen=True)
class Lengths:
    """Control steps to live.

    Attributes:
        childhood: on the unchanged body, since birth.
        after: since the change.
    """

    childhood: int
    after: int


def run_study(
    learners: Sequence[str],
    seeds: Sequence[int],
    lengths: Lengths,
    work: Path,
    out: Path,
    living: bool,
) -> None:
    """Live what is missing, seed by seed, then write the table of all that has been lived.

    Args:
        learners: arms of the study `peers`, but for the dynamic synapses.
        seeds: of birth and courses.
        lengths: of the lives.
        work: folder that keeps what has been lived, so that a study which was stopped goes on.
        out: folder of the results.
        living: False: only report.

    Raises:
        ValueError: a folder holds another life.
        KeyboardInterrupt: somebody has stopped it; what has been lived is kept.
    """
    if living:
        for seed in seeds:
            for learner in learners:
                _live_seed(learner, seed, lengths, work)
    report(work, out)


def lives(learner: str, seed: int, steps: int) -> list[Life]:
    """What a learner lives after its childhood: each change alone."""
    return [
        Life(ROBOT, name, learner, seed, steps, options) for name, options in CHANGES[ROBOT].items()
    ]


def _live_seed(learner: str, seed: int, lengths: Lengths, work: Path) -> None:
    young = grow_up(Life(ROBOT, "childhood", learner, seed, lengths.childhood), work)
    origin = young.lifetime(0) / "checkpoint.ckpt"
    planned = lives(learner, seed, lengths.after)
    for life in planned:
        before = frozen_file(life, work, "before")
        evaluate_frozen(origin, ROBOT, life.options, seed, before)
    for life in planned:
        end = go_on(life, young, work)
        after = frozen_file(life, work, "after")
        evaluate_frozen(end, ROBOT, life.options, seed, after)


def grow_up(life: Life, work: Path) -> RunFolder:
    """Live what is missing of a childhood. A run folder of `dynsyn train` that is there will do.

    Raises:
        ValueError: the folder holds another life, or one from which others have gone on and that
            is to be longer now.
        KeyboardInterrupt: see `run_study`.
    """
    folder = life.folder(work)
    for later in lives(life.arm, life.seed, 0):
        if (later.folder(work) / "run.json").exists():
            lived = steps_of(RunFolder(folder))
            if lived < life.steps:
                raise ValueError(
                    f"{folder}: found {lived} steps, from which {later.change} has gone on, "
                    f"expected {life.steps}; use another folder for the work"
                )
    return _live(folder, _config(life), life.steps)


def go_on(life: Life, young: RunFolder, work: Path) -> Path:
    """Live what is missing after a change. Returns the checkpoint that it ends with.

    Args:
        life: in the changed body.
        young: the childhood; it is left as it is.
        work: see `run_study`.

    Raises:
        ValueError: the folder holds another life.
        KeyboardInterrupt: see `run_study`.
    """
    folder, lived = life.folder(work), steps_of(young)
    changes = [Change(lived, name, value) for name, value in life.options.items()]
    config = dataclasses.replace(
        young.config,
        changes=Bodies(young.config.spec, changes).changes,
        origin=str(young.lifetime(0) / "checkpoint.ckpt"),
    )
    if not (folder / "run.json").exists():
        RunFolder.create(folder, config)
    run = RunFolder(folder)
    if run.load_state() is None:
        begun = young.load_state()
        assert begun is not None  # it has grown up
        run.save_state(begun)
    if int(checkpoint.load(folder / ORIGIN).state["steps"][0]) != lived:
        raise ValueError(f"{folder}: childhood: another life; use another folder for the work")
    return _live(folder, config, lived + life.steps).lifetime(0) / "checkpoint.ckpt"


def steps_of(run: RunFolder) -> int:
    """Control steps since birth, as far as a run can be gone on with."""
    parts = run.load_state()
    return 0 if parts is None else int(parts["states"]["steps"][0])


def _config(life: Life) -> RunConfig:
    """Of a childhood, with the values that the learner has in the study `peers`."""
    given = PEERS["peers"].arms[life.arm]
    learner, network = (
        {
            key.removeprefix(prefix): value_of(text)
            for key, text in given.items()
            if key.startswith(prefix)
        }
        for prefix in ("learner.", "network.")
    )
    return make_baseline_config(
        life.arm,
        life.robot,
        robot_options={},
        settings=learner,
        network=None,
        options=network,
        seed=life.seed,
        save_every=SAVE_EVERY,
        robot_seed=None,
    )


def _live(folder: Path, config: RunConfig, goal: int) -> RunFolder:
    same = ("robot_options", "robot_file", "seed", "course_seeds", "baseline", "changes")
    run = open_run(folder, config, same)
    if steps_of(run) < goal:
        train(run, Limits(steps=goal), make=backend_maker(run.config))
        if steps_of(run) < goal:
            raise KeyboardInterrupt
    return run
