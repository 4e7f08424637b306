"""The study of peers: its arms can be, it goes on where it was, and it counts what was used."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from dynsyn_controller.core.text_values import value_of
from dynsyn_lab.baselines.registry import BASELINES, settings_of
from dynsyn_lab.cli.main import build_parser
from dynsyn_lab.errors import CommandError
from dynsyn_lab.studies.peers import run_study
from dynsyn_lab.studies.peers_arms import DYNAMIC_SYNAPSES, PEERS, learner_of
from dynsyn_lab.studies.trial_processes import Budget, known


@pytest.mark.parametrize(
    ("study", "arm"), [(study, arm) for study, peers in PEERS.items() for arm in peers.arms]
)
def test_every_arm_can_be(study: str, arm: str) -> None:
    args = build_parser().parse_args(["train", *PEERS[study].words(arm)])
    learner = learner_of(arm)
    own = PEERS[study].arms[arm].get("learner")
    assert args.learner == (own if learner == DYNAMIC_SYNAPSES else learner)
    assert arm.startswith(learner)
    if learner in BASELINES:
        given = {
            key.removeprefix("learner."): value_of(value)
            for key, value in PEERS[study].arms[arm].items()
            if key.startswith("learner.")
        }
        settings = settings_of(learner, given)
        assert all(getattr(settings, key) == value for key, value in given.items())


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    peers = replace(PEERS["peers"], courses=2)
    work, out = tmp_path / "work", tmp_path / "out"

    def study(steps: int) -> tuple[dict[str, str], float]:
        run_study(peers, [DYNAMIC_SYNAPSES], 1, Budget(steps, 0.2), work, out, only_report=False)
        with (out / "peers.csv").open(encoding="utf-8") as file:
            (row,) = csv.DictReader(file)
        (trial,) = known(work)
        return row, trial.processor

    first, used = study(400)
    assert (first["arm"], first["seed"], first["steps"]) == ("dynsyn", "0", "400")
    assert used > 0.0
    assert float(first["greatest memory / MB"]) > 20.0
    second, more = study(800)
    assert second["steps"] == "800"
    assert more > used
    assert second["return, 2 courses frozen"] != ""
    assert study(800) == (second, more)  # nothing is left to be done


def test_a_process_that_fails_is_named(tmp_path: Path) -> None:
    peers = replace(PEERS["peers"], robot="wlaker")
    with pytest.raises(
        CommandError, match=r"dynsyn-0: dynsyn train ended with 2: see .*dynsyn-0\.log"
    ):
        run_study(
            peers,
            [DYNAMIC_SYNAPSES],
            1,
            Budget(10, 0.1),
            tmp_path,
            tmp_path / "out",
            only_report=False,
        )
    assert "wlaker" in (tmp_path / "dynsyn-0.log").read_text()
    assert (tmp_path / "dynsyn-0.json").exists()
    assert list(known(tmp_path)) == []  # what has not lived is not reported
