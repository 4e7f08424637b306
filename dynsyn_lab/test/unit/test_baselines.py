"""Baselines in the trainer: same folder, same counting; resumed as if never interrupted."""

from __future__ import annotations

import csv
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.lifetime import checkpoint
from dynsyn_lab.baselines.registry import BASELINES, settings_of
from dynsyn_lab.baselines.settings import EsSettings, PepgSettings, StreamSettings
from dynsyn_lab.baselines.strategies import OpenAiEs, Pepg, new_strategy
from dynsyn_lab.baselines.streaming import EPSILON, Network, RunningStatistics
from dynsyn_lab.cli import main as cli
from dynsyn_lab.errors import UsageError
from dynsyn_lab.training.run_folder import CURVE, RunFolder

SMALL = {
    "ppo": {"n_steps": 32, "n_envs": 2, "batch_size": 32, "n_epochs": 2},
    "sac": {"learning_starts": 20, "batch_size": 16, "buffer_size": 300, "norm_obs": True},
    "tqc": {"learning_starts": 20, "batch_size": 16, "buffer_size": 300, "use_sde": True},
    "td3": {"learning_starts": 20, "batch_size": 16, "buffer_size": 150, "train_freq": 2},
    "ddpg": {"learning_starts": 20, "batch_size": 16, "buffer_size": 300},
    "ars": {"n_delta": 2},
    "es": {"population": 4},
    "pepg": {"population": 4, "episodes": 2},
    "cma": {"population": 4},
    "stream_ac": {},
}
"""Settings with which they have learnt after a few hundred steps of the cart and pole."""


STEPS = 512
OBSERVATIONS = np.random.default_rng(9).normal(size=(8, 4))


def train(name: str, out: Path, steps: int, robot: str = "cart_pole", *others: str) -> RunFolder:
    """A new run, or the one that is there, to so many steps."""
    words = ["train", robot, "--learner", name, "--network.hidden", "[3]", "--seed", "5", *others]
    words += [
        word for key, value in SMALL[name].items() for word in (f"--learner.{key}", f"{value}")
    ]
    words += ["--out", str(out), "--save-every", "128"]
    if out.exists():
        words = ["train", "--resume", str(out)]
    assert cli.main([*words, "--steps", str(steps)]) == 0
    return RunFolder(out)


@pytest.fixture(scope="module", params=SMALL)
def name(request: pytest.FixtureRequest) -> str:
    """Each baseline that can be tried here."""
    for package in BASELINES[request.param].needs:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    return request.param


@pytest.fixture(scope="module")
def run(name: str, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """512 steps of it."""
    return train(name, tmp_path_factory.mktemp("run") / name, STEPS)


def test_all_that_there_are_are_tried() -> None:
    assert set(SMALL) == set(BASELINES)


def test_resumed_is_as_if_never_interrupted(run: RunFolder, name: str, tmp_path: Path) -> None:
    train(name, tmp_path / "parts", STEPS // 2)
    parts = train(name, tmp_path / "parts", STEPS)
    curves = [(part.lifetime(0) / "curve.csv").read_bytes() for part in (run, parts)]
    assert curves[0] == curves[1]
    states = [checkpoint.load(part.lifetime(0) / "checkpoint.ckpt").state for part in (run, parts)]
    assert states[0].tobytes() == states[1].tobytes()


def test_it_counts_as_every_learner_does(run: RunFolder, name: str) -> None:
    with (run.lifetime(0) / "curve.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == CURVE
    step, episode, total, length = np.array(rows, float).T
    assert episode.tolist() == list(range(1, len(rows) + 1))
    assert (np.diff(step) > 0).all()
    # each frame of the cart and pole is worth 1, that of a fall nothing
    assert (np.abs(total - length) <= 1.0).all()
    (lifetime,) = json.loads((run.path / "summary.json").read_text())["lifetimes"]
    assert STEPS <= lifetime["steps"] < 2 * STEPS
    assert lifetime["episodes"] == len(rows)
    assert lifetime["falls"] > 0
    if name != "ppo":  # whose bodies' episodes overlap
        assert step.tolist() == np.cumsum(length).tolist()


def test_what_it_learnt_is_a_lifetime_that_learns_nothing(run: RunFolder, name: str) -> None:
    saved = checkpoint.load(run.lifetime(0) / "checkpoint.ckpt")
    assert saved.robot.network["type"] == "mlp"
    assert saved.robot.learner["type"] == "none"
    before, controller = saved.state["weight"].copy(), saved.controller()
    outputs = {observed(controller, row) for row in OBSERVATIONS}
    assert len(outputs) > 1
    assert np.array_equal(controller.weight, before[0])
    settings = settings_of(name, SMALL[name])
    if getattr(settings, "norm_obs", isinstance(settings, StreamSettings)):
        assert (saved.state["input_mean"] != 0.0).any()


def observed(controller: Controller, observation: np.ndarray) -> float:
    """Output of the network, before it is clipped."""
    controller.step(observation, 1.0)
    return float(controller.state["output"][0, 0])


def test_the_lifetime_of_stream_ac_acts_by_its_mean(tmp_path: Path) -> None:
    run = train("stream_ac", tmp_path / "run", 256)
    parts = run.load_state()
    actor = Network((4, 3, 2), 0.0, np.random.default_rng(0))
    actor.weights[:] = parts["world_actor"]
    seen = RunningStatistics(4)
    seen.values[:] = parts["world_observations"]
    controller = checkpoint.load(run.lifetime(0) / "checkpoint.ckpt").controller()
    for row in OBSERVATIONS:
        mean, _ = actor.forward((row - seen.mean) / np.sqrt(seen.variance + EPSILON))
        assert observed(controller, row) == pytest.approx(mean, abs=1e-9)


@pytest.mark.parametrize("name", ["ppo", "es", "stream_ac"], indirect=True)
def test_a_body_changes_between_two_courses_and_resumed_it_is_the_same(
    name: str, tmp_path: Path
) -> None:
    change = ("--robot.course_steps", "40", "--change", "torque=0.1@130")
    plain = train(name, tmp_path / "plain", 384, "swimmer", *change[:2]).curve(0)
    changed = train(name, tmp_path / "changed", 384, "swimmer", *change)
    train(name, tmp_path / "parts", 192, "swimmer", *change)
    parts = train(name, tmp_path / "parts", 384)
    curve = changed.curve(0)
    bodies = 2 if name == "ppo" else 1
    # 130 falls into these courses, which are lived to their end on the first body
    old = curve["step"] - bodies * curve["length"] < 130
    same = curve["return"] == plain["return"]
    assert (same[old].all(), same[~old].all()) == (True, False)
    assert (old.sum(), len(old)) == ((4, 8) if bodies == 2 else (4, 9))
    saved = [checkpoint.load(run.lifetime(0) / "checkpoint.ckpt") for run in (changed, parts)]
    assert saved[0].state.tobytes() == saved[1].state.tobytes()
    assert saved[0].robot.simulation.options["torque"] == 0.1
    assert parts.curve(0)["return"].tolist() == curve["return"].tolist()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--learner", "es", "--learner.sigmma", "1"], "learner.sigmma: unknown key; did you mean"),
        (["--learner", "es", "--learner.population", "3"], "population: found 3, expected an even"),
        (["--learner", "pepg", "--learner.sigma", "0"], "sigma: found 0.0, expected more than 0"),
        (
            ["--learner", "es", "--lifetimes", "2"],
            "--lifetimes: found 2, expected 1 with --learner",
        ),
        (["--learner", "es", "--preset", "paper"], "es; that of a network is --network.preset"),
        (["--learner", "es", "--network.adaptation", "none"], "--network.adaptation: not with"),
        (["--learner", "es", "--network.hidden", "7"], "found 7, expected a list such as"),
        (["--learner", "stream_ac", "--network.activation", "tanh"], "expected leaky_relu"),
        (["--learner", "stream_ac", "--learner.gamma", "1.5"], "found 1.5, expected 0 to 1"),
        (["--learner", "cma", "--learner.population", "1"], "population: found 1, expected 0"),
        (["--learner", "es", "--repulsive", "False"], "--repulsive: not with --learner es"),
    ],
)
def test_what_cannot_be_is_refused(words: list[str], message: str, tmp_path: Path, capsys) -> None:
    out = tmp_path / "run"
    assert cli.main(["train", "cart_pole", *words, "--steps", "1", "--out", str(out)]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_options_of_the_robot_files_own_perceptron_are_not_the_baselines(tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["train", "gymnasium:Pendulum-v1", "--learner", "es", "--network.hidden", "[3]"]
    assert cli.main([*words, "--steps", "1", "--out", str(out)]) == 0
    config = RunFolder(out).config
    assert config.setting("network.normalisation_time") == 0.0
    assert config.setting("network.hidden") == [3]
    assert config.overrides == {"network.hidden": [3]}
    assert (config.preset, config.setting("learner.population")) == ("es", 64)


def test_what_is_not_installed_is_said_in_one_line(monkeypatch, tmp_path: Path, capsys) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    words = ["train", "cart_pole", "--learner", "sac", "--steps", "1", "--out"]
    assert cli.main([*words, str(tmp_path / "run")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "--learner sac: torch is not installed: .venv/bin/pip install -r" in line


@pytest.mark.parametrize(
    ("name", "settings", "key"),
    [
        ("tqc", {"top_quantiles_to_drop_per_net": 25}, "top_quantiles_to_drop_per_net: found 25"),
        ("ppo", {"batch_size": 1}, "batch_size: found 1 for a batch"),
        ("ppo", {"n_steps": 1, "n_envs": 1}, "n_steps: found 1 for a batch"),
        ("ppo", {"vf_coef": -0.5}, "vf_coef: found -0.5"),
    ],
)
def test_values_that_a_library_cannot_take_are_refused(name: str, settings: dict, key: str) -> None:
    with pytest.raises(SchemaError, match=key):
        settings_of(name, settings)


@pytest.mark.parametrize("settings", [EsSettings(sigma=0.3), PepgSettings(sigma=0.3)])
def test_strategies_climb(settings: EsSettings | PepgSettings) -> None:
    goal = np.array([0.7, -0.4, 0.2])
    strategy = new_strategy(settings, np.zeros(3), np.random.default_rng(1))
    for _ in range(300):
        strategy.tell(-((strategy.ask() - goal) ** 2).sum(axis=1))
    np.testing.assert_allclose(strategy.mean, goal, atol=0.08)


def test_pepg_narrows_where_noise_does_harm_and_widens_where_it_helps() -> None:
    def deviation(fitness) -> float:
        strategy = Pepg(np.zeros(1), PepgSettings(sigma=0.3), np.random.default_rng(2))
        for _ in range(60):
            strategy.tell(fitness(strategy.ask()[:, 0]))
        return float(strategy.sigma[0])

    assert deviation(lambda x: -(x**2)) < 0.15
    assert deviation(lambda x: x**2) > 0.6


def test_openai_es_looks_at_ranks_alone() -> None:
    means = []
    for shape in (lambda x: x, lambda x: np.exp(9.0 * x)):
        strategy = OpenAiEs(np.zeros(3), EsSettings(), np.random.default_rng(3))
        strategy.tell(shape(strategy.ask().sum(axis=1)))
        means.append(strategy.mean)
    assert np.array_equal(*means)
    assert (means[0] > 0.0).all()


def test_a_name_that_is_none() -> None:
    with pytest.raises(UsageError, match="learner pp0: unknown key; did you mean 'ppo'"):
        settings_of("pp0", {})
