"""The swimmer's experiments: trials are run once, in the body they ask for, and tables add up."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from dynsyn_controller.lifetime import checkpoint
from dynsyn_lab.studies.defaults import SWIMMER_STEPS, SWIMMER_STUDIES
from dynsyn_lab.studies.swimmer_report import REPORTS, blocks
from dynsyn_lab.studies.swimmer_trials import STUDIES, Lengths, with_saturation
from dynsyn_lab.studies.trials import Trial, checkpoint_of, returns_of, run

BORN = Trial("born", seed=3, spans=2, network={"initial_magnitude": 0.5})


def test_a_trial_goes_on_in_another_body(tmp_path) -> None:
    run(BORN, tmp_path)
    assert returns_of(tmp_path, BORN).shape == (2,)
    parent = checkpoint.load(checkpoint_of(tmp_path, "born"))
    assert parent.robot.network["initial_magnitude"] == 0.5
    child = Trial("child", 3, 1, joints=7, learning=False, put_back=True, parent="born")
    run(child, tmp_path)
    saved = checkpoint.load(checkpoint_of(tmp_path, "child"))
    assert len(saved.robot.joints) == 7
    assert saved.state["steps"] == 3000
    np.testing.assert_array_equal(saved.state["centre"], parent.state["centre"])
    assert returns_of(tmp_path, child)[0] > returns_of(tmp_path, BORN)[0]


def test_trials_repeat_themselves_and_are_run_once(tmp_path) -> None:
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
        run(BORN, folder)
    one, other = (returns_of(folder, BORN) for folder in folders)
    np.testing.assert_array_equal(one, other)
    written = (folders[0] / "born.npy").stat().st_mtime_ns
    run(BORN, folders[0])
    assert (folders[0] / "born.npy").stat().st_mtime_ns == written
    with pytest.raises(ValueError, match="another trial of this name"):
        run(dataclasses.replace(BORN, density=6000.0), folders[0])


def test_studies_name_every_trial_once_and_parents_before_children() -> None:
    lengths = Lengths(**{name: steps // 1000 for name, steps in SWIMMER_STEPS.items()})
    kinds: dict[str, Trial] = {}
    for study in STUDIES.values():
        before: set[str] = set()
        for stage in study(lengths):
            names = [trial.name for trial in stage]
            assert len(set(names)) == len(names)
            assert {trial.parent for trial in stage if trial.parent} <= before
            before |= set(names)
            for trial in stage:  # studies share trials, but never a name for two
                assert kinds.setdefault(trial.name, trial) == trial


def test_a_study_can_be_run_with_an_osc_that_passes() -> None:
    lengths = Lengths(**{name: steps // 1000 for name, steps in SWIMMER_STEPS.items()})
    for study in STUDIES.values():
        stages = study(lengths)
        assert with_saturation(stages, "stop") == stages
        for trial in itertools.chain(*with_saturation(stages, "pass")):
            assert trial.parent or trial.network["saturation"] == "pass"


def test_what_the_command_knows_is_what_there_is() -> None:
    assert list(SWIMMER_STUDIES) == list(STUDIES) == list(REPORTS)
    names = {field.name for field in dataclasses.fields(Lengths)}
    assert names - {"shown"} == set(SWIMMER_STEPS)


def test_blocks_are_means_of_whole_blocks() -> None:
    np.testing.assert_array_equal(blocks(np.arange(7.0), 3), [1.0, 4.0])
