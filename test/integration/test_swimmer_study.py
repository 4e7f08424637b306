"""The swimmer's experiments: lives are lived once, in the body they ask for, and tables add up."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from dynsyn_controller.lifetime import checkpoint
from dynsyn_lab.studies.lives import Life, checkpoint_of, live, returns_of
from dynsyn_lab.studies.swimmer import STEPS, STUDIES, Lengths, with_saturation
from dynsyn_lab.studies.swimmer_report import blocks

BORN = Life("born", seed=3, spans=2, network={"initial_magnitude": 0.5})


def test_a_life_goes_on_in_another_body(tmp_path) -> None:
    live(BORN, tmp_path)
    assert returns_of(tmp_path, BORN).shape == (2,)
    parent = checkpoint.load(checkpoint_of(tmp_path, "born"))
    assert parent.robot.network["initial_magnitude"] == 0.5
    child = Life("child", 3, 1, joints=7, learning=False, put_back=True, parent="born")
    live(child, tmp_path)
    saved = checkpoint.load(checkpoint_of(tmp_path, "child"))
    assert len(saved.robot.joints) == 7
    assert saved.state["steps"] == 3000
    np.testing.assert_array_equal(saved.state["centre"], parent.state["centre"])
    assert returns_of(tmp_path, child)[0] > returns_of(tmp_path, BORN)[0]


def test_lives_repeat_themselves_and_are_lived_once(tmp_path) -> None:
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
        live(BORN, folder)
    one, other = (returns_of(folder, BORN) for folder in folders)
    np.testing.assert_array_equal(one, other)
    written = (folders[0] / "born.npy").stat().st_mtime_ns
    live(BORN, folders[0])
    assert (folders[0] / "born.npy").stat().st_mtime_ns == written
    with pytest.raises(ValueError, match="another life of this name"):
        live(dataclasses.replace(BORN, density=6000.0), folders[0])


def test_studies_name_every_life_once_and_parents_before_children() -> None:
    lengths = Lengths(**{name: steps // 1000 for name, steps in STEPS.items()})
    kinds: dict[str, Life] = {}
    for study in STUDIES.values():
        before: set[str] = set()
        for stage in study(lengths):
            names = [life.name for life in stage]
            assert len(set(names)) == len(names)
            assert {life.parent for life in stage if life.parent} <= before
            before |= set(names)
            for life in stage:  # studies share lives, but never a name for two
                assert kinds.setdefault(life.name, life) == life


def test_a_study_can_be_lived_with_an_osc_that_passes() -> None:
    lengths = Lengths(**{name: steps // 1000 for name, steps in STEPS.items()})
    for study in STUDIES.values():
        stages = study(lengths)
        assert with_saturation(stages, "stop") == stages
        for life in itertools.chain(*with_saturation(stages, "pass")):
            assert life.parent or life.network["saturation"] == "pass"


def test_blocks_are_means_of_whole_blocks() -> None:
    np.testing.assert_array_equal(blocks(np.arange(7.0), 3), [1.0, 4.0])
