"""`dynsyn bench`: its figures from known times, and its arguments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dynsyn_lab.bench.loop import figures
from dynsyn_lab.cli.main import main
from dynsyn_lab.errors import CommandError

MS = 1_000_000
PERIOD = 10 * MS


def observations(count: int) -> dict[int, int]:
    """`count` stamps at 100 Hz and when they were published."""
    return {1000 + at: at * PERIOD for at in range(count)}


def test_a_perfect_loop():
    sent = observations(100)
    heard = [(stamp, time + 3 * MS) for stamp, time in sent.items()]
    found = figures(sent, heard, 100.0, 1.0)
    assert found["achieved_hz"] == pytest.approx(100.0)
    assert found["latency_us_median"] == found["latency_us_p99"] == pytest.approx(3000.0)
    assert found["missed_fraction"] == found["unanswered_fraction"] == 0.0
    assert found["jitter_us_p99"] == pytest.approx(0.0, abs=1e-6)


def test_a_loop_that_leaves_out_a_tenth_and_is_late_now_and_then():
    sent = observations(100)
    heard = [
        (stamp, time + (9 if at % 10 == 5 else 1) * MS)
        for at, (stamp, time) in enumerate(sent.items())
        if at % 10
    ]
    found = figures(sent, heard, 100.0, 1.0)
    assert found["missed_fraction"] == pytest.approx(0.1)
    assert found["unanswered_fraction"] == pytest.approx(0.1)
    assert found["latency_us_median"] == pytest.approx(1000.0)
    assert found["latency_us_p99"] == pytest.approx(9000.0)
    assert found["jitter_us_p99"] == pytest.approx(10_000.0)


def test_only_the_first_answer_to_an_observation_counts_for_its_latency():
    sent = observations(2)
    heard = [(1000, 1 * MS), (1000, 9 * MS), (1001, PERIOD + 2 * MS), (77, 50 * MS)]
    found = figures(sent, heard, 100.0, 0.02)
    assert found["latency_us_median"] == pytest.approx(1500.0)
    assert found["missed_fraction"] == 0.0


def test_a_loop_without_answers_is_an_error():
    with pytest.raises(CommandError, match="no command answered any observation"):
        figures(observations(5), [(7, 0), (8, 1)], 100.0, 1.0)


def test_controller_figures_are_written(tmp_path: Path, capsys: pytest.CaptureFixture):
    file = tmp_path / "b.json"
    assert main(["bench", "controller", "--rounds", "2", "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    assert found["synapses"] == 438
    assert 0 < found["step_us_median"] <= found["step_us_p99"]
    assert found["ratio"] == pytest.approx(found["oracle_us_median"] / found["step_us_median"])
    assert "step_us_median" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["controller", "--preset", "autors"], "preset: found 'autors', expected one of paper"),
        (["controller", "--json", "/none/b.json"], "--json: there is no folder /none"),
        (["loop", "--json", "/none/b.json"], "--json: there is no folder /none"),
        (["train", "--json", "/none/b.json"], "--json: there is no folder /none"),
        (["train", "--robot", "wlker"], "did you mean 'walker'"),
    ],
)
def test_wrong_usage_is_said_at_once(arguments, message, capsys: pytest.CaptureFixture):
    assert main(["bench", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["loop", "--rates", "0"], ["loop", "--seconds", "nan"], ["controller", "x"], []]
)
def test_arguments_that_cannot_be_are_refused(arguments, capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit) as end:
        main(["bench", *arguments])
    assert end.value.code == 2
    assert "usage: dynsyn" in capsys.readouterr().err
