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
from dynsyn_lab.studies import ncap_transfer
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


def test_circuits_move_to_other_bodies_and_perceptrons_cannot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    peers, out = replace(PEERS["ncap"], courses=1), tmp_path / "out"
    arms, work = ["dynsyn_mlp2", "dynsyn_ncap"], tmp_path / "work"
    kept = work / "transfer" / "dynsyn_ncap-0.json"

    def moved(steps: int, *lengths: int) -> list[list[str]]:
        run_study(peers, arms, 1, Budget(steps, 0.2), work, out, only_report=False)
        ncap_transfer.run_study(arms, work, out, only_report=False, lengths=lengths)
        with (out / "transfer.csv").open(encoding="utf-8") as file:
            return list(csv.reader(file))[1:]

    rows = moved(400, 5, 7)
    assert [row[:4] for row in rows] == [
        [arm, "0", "400", joints] for arm in arms for joints in ("5", "7")
    ]
    perceptron, refused, circuit, longer = [row[4] for row in rows]
    assert perceptron
    assert refused == ""
    assert float(longer) > float(circuit) > 0.0
    printed = capsys.readouterr().out
    assert "transfer: a network mlp cannot move into another body" in printed
    assert f"| 7 | cannot move | {float(longer):.0f} |" in printed
    assert (out / "transfer.png").exists()
    when = kept.stat().st_mtime_ns
    assert moved(400, 5, 7) == rows
    assert kept.stat().st_mtime_ns == when  # nothing was left to be found
    assert len(moved(400, 5, 7, 3)) == 6
    assert [row[2] for row in moved(800, 5)] == ["800", "800"]  # found anew after more was lived


def test_there_must_be_lifetimes_to_move(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"no lifetime of cma_ncap; .*study ncap"):
        ncap_transfer.run_study(["cma_ncap"], tmp_path, tmp_path / "out", only_report=True)
