"""`dynsyn plot`: what the figures show, of real runs, and what is refused."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.image import imread

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_lab.cli import main as cli
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.plots import (
    activity,
    aggregates,
    comparison,
    exploration,
    learning,
    oscillator,
    weights,
)
from dynsyn_lab.plots.figures import FIGURES
from dynsyn_lab.plots.source import NotDrawable, open_source
from dynsyn_lab.plots.style import STYLE
from dynsyn_lab.sweeps.point import Silence
from dynsyn_lab.training.limits import Limits
from dynsyn_lab.training.run_folder import RunFolder
from dynsyn_lab.training.run_setup import make_config
from dynsyn_lab.training.trainer import Trainer
from dynsyn_sim_bridge.robots.registry import entry


def train(path: Path, robot: str, steps: int, **settings) -> Path:
    """A real run, to `steps`."""
    settings = {"trace_every": 50, "backend": "in_process"} | settings
    folder = RunFolder.create(path, make_config(robot, **settings))
    Trainer(folder, Limits(steps), Silence(), Interrupts()).run()
    return path


@pytest.fixture(scope="module")
def walker(tmp_path_factory) -> Path:
    return train(tmp_path_factory.mktemp("runs") / "walker", "walker", 4000, lifetimes=2)


@pytest.fixture(scope="module")
def swimmer(tmp_path_factory) -> Path:
    return train(tmp_path_factory.mktemp("runs") / "swimmer", "swimmer", 2500)


def source(path: Path, synapses=()):
    return open_source(path, synapses=synapses)


def plot(*words) -> int:
    return cli.main(["plot", *map(str, words)])


def is_svg(path: Path) -> bool:
    return ElementTree.parse(path).getroot().tag.endswith("svg")


def test_every_figure_of_a_walker(walker: Path, tmp_path: Path) -> None:
    assert plot(walker, "--out", tmp_path, "--format", "png") == 0
    for name in FIGURES.keys() - {"spikes"}:
        picture = imread(tmp_path / f"{name}.png")
        assert min(picture.shape[:2]) > 300, name
        assert picture[..., :3].std() > 0.02, name


@pytest.mark.long
def test_every_figure_of_a_walker_as_svg(walker: Path, tmp_path: Path) -> None:
    assert plot(walker, "--out", tmp_path, "--format", "svg") == 0
    for name in FIGURES.keys() - {"spikes"}:
        assert is_svg(tmp_path / f"{name}.svg")


def test_figures_of_a_swimmer_leave_out_what_it_has_not(swimmer, tmp_path, capsys) -> None:
    assert plot(swimmer, "--out", tmp_path, "--format", "png") == 0
    names = {path.stem for path in tmp_path.iterdir()}
    assert names == FIGURES.keys() - {"oscillator", "portrait", "spikes"}
    assert "oscillator: left out: network ncap has no" in capsys.readouterr().out
    assert plot(swimmer, "--figure", "portrait") == 1
    assert "no FitzHugh-Nagumo oscillators" in capsys.readouterr().err


@pytest.mark.long
def test_figures_of_a_checkpoint_alone(walker: Path, tmp_path: Path, capsys) -> None:
    saved = walker / "lifetime_000" / "checkpoint.ckpt"
    assert plot(saved, "--out", tmp_path, "--format", "png") == 0
    drawn = {path.stem for path in tmp_path.iterdir()}
    assert drawn == FIGURES.keys() - {"returns", "poincare", "trace", "spikes"}
    said = capsys.readouterr().out
    assert "returns: left out: " in said
    assert "a checkpoint does not hold returns of episodes; name a run folder" in said


def test_a_checkpoint_alone_has_weights_and_no_trace(walker: Path, tmp_path: Path, capsys) -> None:
    saved = walker / "lifetime_000" / "checkpoint.ckpt"
    assert plot(saved, "--figure", "weights", "--out", tmp_path / "one") == 0
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"weights.png", "weights.svg"}
    assert plot(saved, "--figure", "trace") == 1
    assert "name a run folder" in capsys.readouterr().err


@pytest.mark.parametrize("run", ["walker", "swimmer"])
def test_weights_are_every_synapse_of_the_checkpoint(run: str, request) -> None:
    path = request.getfixturevalue(run) / "lifetime_000" / "checkpoint.ckpt"
    with matplotlib.rc_context(STYLE):
        figure = weights.draw_weights(source(path))
    saved = checkpoint.load(path)
    controller = saved.controller()
    panels = {axes.get_title(loc="left"): axes for axes in figure.axes if axes.get_images()}
    for name in ("weight", *controller.learner.quantities):
        flat = []
        for layer in controller.layers:
            axes = panels[f"{layer.name}: {name}"]
            image = np.asarray(axes.get_images()[0].get_array())
            assert image.shape == (layer.rows, layer.columns)
            flat.append(image.ravel())
        np.testing.assert_array_equal(np.concatenate(flat), saved.state[name][0])
    assert f"{controller.steps:,} control steps" in figure.get_suptitle()


@pytest.mark.faults
def test_a_matplotlibrc_that_asks_for_latex_is_not_minded(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\n")
    shipped = Path(__file__).parents[2] / "config" / "checkpoints" / "walker.ckpt"
    program = "from dynsyn_lab.cli.program import dynsyn; dynsyn()"
    words = ["plot", shipped, "--figure", "weights", "--format", "png", "--out", tmp_path]
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        env={**os.environ, "MATPLOTLIBRC": str(tmp_path / "matplotlibrc")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "weights.png").is_file()


def test_the_same_run_gives_the_same_files(walker: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        assert plot(walker, "--figure", "trace", "--out", tmp_path / folder) == 0
    for kind in ("png", "svg"):
        files = [(tmp_path / folder / f"trace.{kind}").read_bytes() for folder in "ab"]
        assert files[0] == files[1]
    assert is_svg(tmp_path / "a" / "trace.svg")


def test_returns_are_those_of_the_run(walker: Path) -> None:
    figure = learning.draw_returns(source(walker))
    curve = RunFolder(walker).curve(0)
    dots, mean = figure.axes[0].get_lines()[:2]
    np.testing.assert_array_equal(dots.get_ydata(), curve["return"])
    np.testing.assert_allclose(mean.get_ydata()[-1], curve["return"][-100:].mean())


def test_the_trace_is_that_of_the_run(walker: Path) -> None:
    figure = learning.draw_trace(source(walker, ["action.3.0"]))
    trace = RunFolder(walker).trace(0)
    weight, upper, lower, centre = (line.get_ydata() for line in figure.axes[0].get_lines())
    np.testing.assert_array_equal(weight, trace["action.3.0.weight"])
    np.testing.assert_array_equal(centre, trace["action.3.0.centre"])
    np.testing.assert_allclose(upper - lower, 2 * trace["action.3.0.amplitude"])


def test_running_mean() -> None:
    values = np.random.default_rng(0).normal(size=250)
    expected = [values[max(0, i - 99) : i + 1].mean() for i in range(250)]
    np.testing.assert_allclose(learning.running_mean(values), expected, atol=1e-12)


def test_crossings_of_a_known_path() -> None:
    times = np.linspace(0.05, 4.05, 4001)
    path = np.stack([np.cos(2 * np.pi * times), times], axis=1)
    points, when, upwards = learning.crossings(np.sin(2 * np.pi * times), path, times)
    np.testing.assert_allclose(when, np.arange(1, 9) / 2, atol=1e-6)
    np.testing.assert_allclose(points[:, 0], np.cos(np.pi * np.arange(1, 9)), atol=1e-5)
    np.testing.assert_allclose(points[:, 1], when)
    assert upwards.tolist() == [False, True] * 4


def test_trajectory_is_the_rule_s_own_without_learning() -> None:
    """The drawn path is what a controller does that is never rewarded, bit for bit."""
    robot = entry("walker").robot()
    controller = new_controller(robot, "authors", {}, 5)
    still = {"learning_rate": 0.0, "convergence_rate": 0.0}
    twin = new_controller(robot, "authors", still, 5)
    before = controller.state.copy()
    times, path = exploration.trajectory(controller, [0, 400])
    assert controller.state.tobytes() == before.tobytes()
    every = round((times[1] - times[0]) * 1000 / robot.dt)
    observation = np.zeros(len(robot.observation))
    twin.step(observation, 0.0)
    for sample in range(200):
        np.testing.assert_array_equal(twin.weight[[0, 400]], path[sample])
        for _ in range(every):
            twin.step(observation, 0.0)


def test_oscillators_swing_where_the_paper_says() -> None:
    drive = np.linspace(-2, 2, 3000)
    found = []
    for options in ({"oscillator_b": 2.0}, {"oscillator_b": 0.2}):
        robot = entry("walker").robot().choose(preset="authors", options=options)
        parameters = new_controller(robot).blueprint.parameters
        states = oscillator.run_oscillator(parameters, drive, (-1.0, -1.0))
        found.append(oscillator.swinging_range(drive, states[1:, 0]))
    assert found[0] == pytest.approx((-0.6, 1.1), abs=0.1)
    assert found[1] is None


def test_units_are_grouped_by_kind_and_side() -> None:
    names = ("oscillator.dorsal", "oscillator.ventral", "neuron.1.dorsal", "neuron.1.ventral")
    names += ("neuron.2.dorsal", "output.joint_1")
    assert activity.groups_of(names) == [
        ("oscillator", ["dorsal", "ventral"], [0, 1]),
        ("B neurons, dorsal", ["1", "2"], [2, 4]),
        ("B neurons, ventral", ["1"], [3]),
        ("output", ["joint_1"], [5]),
    ]


def test_the_wave_of_a_swimmer_runs_from_head_to_tail(swimmer: Path) -> None:
    """In the drawn raster each B neuron fires later than the one before it."""
    with matplotlib.rc_context(STYLE):
        figure = activity.draw_activity(source(swimmer))
    panels = {axes.get_title(loc="left"): axes for axes in figure.axes}
    raster = np.asarray(panels["B neurons, dorsal"].get_images()[0].get_array())
    raster = raster - raster.mean(axis=1, keepdims=True)
    for before, after in itertools.pairwise(raster[1:]):
        lags = [np.dot(before[: len(before) - lag], after[lag:]) for lag in range(30)]
        assert 0 < int(np.argmax(lags)) < 29


@pytest.fixture
def small_runs(tmp_path: Path) -> list[Path]:
    settings = ({"seed": 1}, {"seed": 2}, {"seed": 1, "settings": {"repulsion": False}})
    return [
        train(tmp_path / f"run_{i}", "walker", 500, preset="authors", **own)
        for i, own in enumerate(settings)
    ]


def test_runs_that_differ_in_seeds_are_one_arm(small_runs: list[Path], tmp_path: Path) -> None:
    arms = comparison.collect(small_runs, [])
    assert [(arm.label, len(arm.curves)) for arm in arms] == [
        ("authors, repulsion true", 2),
        ("authors, repulsion false", 1),
    ]
    assert plot(*small_runs, "--out", tmp_path / "figures", "--format", "svg") == 0
    assert (tmp_path / "figures" / "arms.svg").exists()
    assert (tmp_path / "figures" / "aggregates.svg").exists()
    first, second = aggregates.collect_scores(small_runs, [])
    curves = [RunFolder(path).curve(0)["return"] for path in small_runs]
    assert first.scores == {"walker": [pytest.approx(returns.mean()) for returns in curves[:2]]}
    assert second.scores == {"walker": [pytest.approx(curves[2].mean())]}


def test_a_body_that_changes_is_another_arm(small_runs: list[Path], tmp_path: Path) -> None:
    change = ["torque=0.7@200"]
    changed = train(tmp_path / "changed", "walker", 500, preset="authors", seed=1, changes=change)
    arms = comparison.collect([small_runs[0], changed], [])
    assert [arm.label for arm in arms] == ["authors, unchanged", "authors, torque=0.7@200"]


def test_interquartile_means() -> None:
    scores = np.array([[8.0, 1.0, 2.0, 3.0, 90.0], [5.0, 5.0, 5.0, 5.0, -90.0]])
    assert aggregates.interquartile_mean(scores).tolist() == [13.0 / 3.0, 5.0]
    assert aggregates.interquartile_mean(np.array([1.0, 2.0, 6.0])) == 3.0  # nothing to cut


def test_bootstrap_intervals_cover_the_truth_as_often_as_they_say() -> None:
    generator, hits = np.random.default_rng(0), 0
    for _ in range(100):
        found = aggregates.aggregate("x", [generator.normal(3.0, 1.0, 40)])
        assert found.low < found.mean < found.high
        hits += found.low <= 3.0 <= found.high
    assert 88 <= hits <= 99


def test_lifetimes_are_drawn_within_each_robot() -> None:
    """Two robots on which an arm earns the same every time: nothing is uncertain."""
    found = aggregates.aggregate("x", [np.full(5, 1.0), np.full(5, 9.0)])
    assert (found.mean, found.low, found.high, found.lifetimes) == (5.0, 5.0, 5.0, 10)
    alone = aggregates.aggregate("x", [np.array([4.0])])
    assert np.isnan(alone.low)
    assert alone.mean == 4.0


def test_scores_of_several_robots_are_in_units_of_what_solves_them(tmp_path: Path, capsys) -> None:
    runs = [train(tmp_path / robot, robot, 500) for robot in ("walker", "walker_hardcore")]
    (arm,) = aggregates.collect_scores(runs, [])
    means = [RunFolder(run).curve(0)["return"].mean() for run in runs]
    assert arm.label == "dynsyn"
    assert [scores for (scores,) in arm.scores.values()] == pytest.approx(np.array(means) / 300.0)
    with pytest.raises(NotDrawable, match="swimmer: found no return above 0 that counts as solved"):
        aggregates.collect_scores([runs[0], train(tmp_path / "s", "swimmer", 2000)], [])


def test_an_arm_holds_the_last_return_of_a_lifetime_that_stopped() -> None:
    arm = comparison.ArmCurves("x", [(np.array([100.0, 200.0]), np.array([1.0, 3.0]))])
    np.testing.assert_array_equal(
        arm.on(np.array([50.0, 150.0, 200.0, 900.0]))[0], [np.nan, 2.0, 3.0, 3.0]
    )


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--lifetime", "2"], 2, "--lifetime: found 2, expected 0 to 1"),
        (["--synapses", "hidden.9.0", "a", "b"], 2, "no 'hidden.9.0'; expected LAYER.ROW.COLUMN"),
        (["--figure", "trace", "--synapses", "hidden.1.1"], 2, "is not in trace.csv"),
        (["--figure", "exploration3", "--synapses", "hidden.1.1"], 2, "1 named, this takes 3"),
    ],
)
def test_what_is_refused(walker: Path, tmp_path, capsys, words, code, message) -> None:
    assert plot(walker, "--out", tmp_path, *words) == code
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_folders_that_hold_no_run(tmp_path: Path, capsys) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        assert plot(path) == 1
        error = capsys.readouterr().err
        assert error.startswith("dynsyn: error:")
        assert str(path) in error
        assert error.count("\n") == 1


def test_a_run_without_episodes(tmp_path: Path, capsys) -> None:
    run = train(tmp_path / "run", "walker", 20)
    for path, name in ((run, "returns"), (run, "arms")):
        assert plot(path, "--figure", name) == 1
        assert "no episode has ended yet" in capsys.readouterr().err


def test_a_trace_too_coarse_for_a_poincare_map(tmp_path: Path, capsys) -> None:
    run = train(tmp_path / "run", "walker", 1200, trace_every=400)
    assert plot(run, "--figure", "poincare") == 1
    assert "train with --trace-every" in capsys.readouterr().err


def test_several_runs_have_figures_of_their_own(walker: Path, capsys) -> None:
    assert plot(walker, walker, "--figure", "returns") == 2
    assert "only arms and aggregates" in capsys.readouterr().err
    assert plot(walker, walker, "--labels", "one") == 2
    assert "--labels: found 1, expected 2" in capsys.readouterr().err


def test_a_file_where_the_folder_should_be(walker: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "figures").write_text("")
    assert plot(walker, "--out", tmp_path / "figures") == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_damaged_checkpoint(tmp_path: Path, capsys) -> None:
    robot = entry("walker").robot()
    path = tmp_path / "a.ckpt"
    checkpoint.save(path, robot, new_controller(robot))
    path.write_bytes(path.read_bytes()[:-200])
    assert plot(path) == 1
    assert "damaged" in capsys.readouterr().err
