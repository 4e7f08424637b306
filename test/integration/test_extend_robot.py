"""Robots from outside the package: the code of docs/extending-robot.md, and one of gymnasium."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from lockstep import Commands
from ros_environment import Peer, Processes
from std_srvs.srv import SetBool

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_lab.cli.main import main
from dynsyn_lab.rollouts.loop import StepLoop
from dynsyn_lab.training.run_folder import RunFolder
from dynsyn_msgs.msg import Status
from dynsyn_msgs.srv import SaveCheckpoint
from dynsyn_sim_bridge.robots import registry
from dynsyn_sim_bridge.robots.spec import RobotSpec, describe

PAGE = Path(__file__).parents[2] / "docs" / "extending-robot.md"
STEPS = 500


@pytest.fixture
def slider(tmp_path: Path) -> str:
    """The page's two files in a folder that is nowhere on the path; their reference."""
    page = PAGE.read_text(encoding="utf-8")
    for name, language in (("slider.py", "python"), ("slider.yaml", "yaml")):
        _, after = page.split(f"`{name}`", 1)
        code = re.search(rf"```{language}\n(.*?)```", after, re.DOTALL)
        (tmp_path / name).write_text(code[1], encoding="utf-8")
    assert str(tmp_path) not in sys.path
    return f"{tmp_path / 'slider.py'}:Slider"


def dynsyn(*words: object) -> None:
    assert main([str(word) for word in words]) == 0


def same(one: Path, other: Path) -> None:
    for name in ("curve.csv", "trace.csv", "checkpoint.ckpt"):
        found = (other / "lifetime_000" / name).read_bytes()
        assert (one / "lifetime_000" / name).read_bytes() == found, name


def test_trained_resumed_evaluated_and_drawn(slider: str, tmp_path: Path, capsys) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    asked = ("train", slider, "--seed", 3, "--robot.mass", 2.0)
    dynsyn(*asked, "--steps", 2000, "--out", whole)
    dynsyn(*asked, "--steps", 1100, "--out", parts)
    dynsyn("train", "--resume", parts, "--steps", 2000)
    same(whole, parts)
    assert (RunFolder(whole).curve(0)["length"] <= 200).all()

    saved = whole / "lifetime_000" / "checkpoint.ckpt"
    dynsyn("eval", saved, "--episodes", 3, "--json", tmp_path / "eval.json")
    result = json.loads((tmp_path / "eval.json").read_text())
    assert result["robot"] == slider
    assert result["threshold"] == -20.0
    assert result["episodes"] == 3
    home = checkpoint.load(saved).robot.simulation
    assert (home.robot, home.options) == (slider, {"mass": 2.0})
    dynsyn("render", saved, tmp_path / "slider.png", "--seconds", 1.0)
    assert (tmp_path / "slider.png").stat().st_size > 1000
    capsys.readouterr()


def test_many_lifetimes_in_processes(slider: str, tmp_path: Path) -> None:
    many, one = tmp_path / "many", tmp_path / "one"
    dynsyn("train", slider, "--lifetimes", 2, "--steps", 600, "--seed", 4, "--out", many)
    dynsyn("train", slider, "--steps", 600, "--seed", 5, "--out", one)
    assert RunFolder(many).config.backend == "processes"
    for name in ("curve.csv", "checkpoint.ckpt"):
        second = (many / "lifetime_001" / name).read_bytes()
        assert second == (one / "lifetime_000" / name).read_bytes(), name


def test_an_installed_package_brings_a_robot_by_entry_point(
    slider: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    package, about = tmp_path / "slider_package", tmp_path / "slider_package-1.0.dist-info"
    for folder in (package, about):
        folder.mkdir()
    for name in ("slider.py", "slider.yaml"):
        (tmp_path / name).rename(package / name)
    (package / "__init__.py").touch()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: slider-package\nVersion: 1.0\n")
    point = "[dynsyn.robots]\nrail_slider = slider_package.slider:{}\n"
    (about / "entry_points.txt").write_text(point.format("Slider"))
    out = tmp_path / "run"
    assert main(["train", "rail_slider"]) == 2
    assert "no robot named 'rail_slider'" in capsys.readouterr().err
    monkeypatch.syspath_prepend(str(tmp_path))
    dynsyn("train", "rail_slider", "--steps", 300, "--robot.mass", 2.0, "--out", out)
    saved = out / "lifetime_000" / "checkpoint.ckpt"
    dynsyn("eval", saved, "--episodes", 1, "--json", tmp_path / "eval.json")
    result = json.loads((tmp_path / "eval.json").read_text())
    assert (result["robot"], result["threshold"]) == ("rail_slider", -20.0)
    assert main(["train", "rail_slidr"]) == 2
    assert "did you mean 'rail_slider'?" in capsys.readouterr().err
    (about / "entry_points.txt").write_text(point.format("Glider"))
    registry.entry.cache_clear()
    assert main(["train", "rail_slider"]) == 2
    assert "slider_package.slider:Glider: there is nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("robot", "options"),
    [
        ("", {"mass": 2.0}),
        pytest.param("gymnasium:Pendulum-v1", {"g": 5.0}, marks=pytest.mark.long),
    ],
    ids=["file", "gymnasium"],
)
def test_swept_with_options_of_network_and_body(
    slider: str, tmp_path: Path, robot: str, options: dict
) -> None:
    swept = {"robot": robot or slider, "robot_options": options, "network": {"hidden": [8]}}
    swept |= {"lifetimes": 1, "steps": 200, "backend": "in_process"}
    swept |= {"vary": {"network.normalisation_time": [0.0, 300.0]}}
    plan, out = tmp_path / "plan.yaml", tmp_path / "out"
    plan.write_text(json.dumps(swept), encoding="utf-8")
    dynsyn("sweep", plan, "--out", out, "--workers", 2)
    lives = [checkpoint.load(path) for path in sorted(out.glob("*/*/checkpoint.ckpt"))]
    assert [life.robot.network["normalisation_time"] for life in lives] == [0.0, 300.0]
    assert {life.robot.simulation.robot for life in lives} == {swept["robot"]}
    assert [life.robot.simulation.options for life in lives] == [options] * 2
    assert (out / "results.csv").read_text().count("\n") == 3


def test_a_class_without_a_step_is_refused(slider: str, capsys) -> None:
    path = Path(slider.rpartition(":")[0])
    path.write_text(path.read_text().replace("def step(", "def walk("), encoding="utf-8")
    assert main(["train", slider]) == 2
    error = capsys.readouterr().err
    assert "found type without step, expected an Entry or a class" in error
    path.unlink()
    assert main(["train", slider]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err


def live_offline(spec: RobotSpec) -> tuple[np.ndarray, np.ndarray]:
    """Efforts of each step of a lifetime without ROS, and its record at the end."""
    controller, body = new_controller(spec.robot, seed=7), spec.create()
    body.reset(5)
    loop, efforts = StepLoop(spec.robot, body, controller.step), []
    for _ in range(STEPS):
        loop.run(1)
        efforts.append(loop.effort.copy())
        if loop.terminal:
            loop.put_back()
    assert controller.statistics.episodes >= 2  # so that bodies put back are compared, too
    return np.array(efforts), controller.state


@pytest.mark.parametrize(
    ("robot", "options"),
    [
        ("", {}),
        pytest.param(
            "gymnasium:MountainCarContinuous-v0", {"course_steps": 200}, marks=pytest.mark.long
        ),
    ],
    ids=["file", "gymnasium"],
)
def test_lockstep_over_dds_is_bit_identical_to_a_life_without_ros(
    processes: Processes, peer: Peer, slider: str, tmp_path: Path, robot: str, options: dict
) -> None:
    spec = describe(robot or slider, options)
    robot_file = tmp_path / "robot.yaml"
    robot_file.write_text(spec.robot.source, encoding="utf-8")
    commands = Commands(peer, round(1e9 / spec.robot.control_rate))
    heard = peer.listen(Status, "dynsyn/status")
    common = {"lockstep": True}
    bridge = {"robot": spec.reference, "seed": 5, **options}
    processes.start_node("dynsyn_sim_bridge.bridge_node", **bridge, **common)
    assert peer.call(SetBool, "sim/pause", SetBool.Request(data=True)).success
    controller = {"robot_file": str(robot_file), "seed": 7}
    processes.start_node("dynsyn_controller.node.controller_node", **controller, **common)
    peer.wait_for(lambda: heard and heard[-1].steps >= 1, "the first step", 60.0)
    received = commands.live(STEPS)
    path = tmp_path / "after.ckpt"
    request = SaveCheckpoint.Request(path=str(path))
    assert peer.call(SaveCheckpoint, "dynsyn/save_checkpoint", request).steps == STEPS

    efforts, state = live_offline(spec)
    np.testing.assert_array_equal(received, efforts[1:])
    assert checkpoint.load(path).state.tobytes() == state.tobytes()


def test_sim_keeps_a_lifetime_that_finds_its_robot(
    processes: Processes, slider: str, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    summary, saved = tmp_path / "summary.json", tmp_path / "life.ckpt"
    command = "import sys; from dynsyn_lab.cli.main import main; sys.exit(main())"
    words = ["sim", slider, "--lockstep", "--headless", "--duration", "2"]
    words += ["--summary", str(summary), "--checkpoint", str(saved)]
    ended = processes.start([sys.executable, "-c", command, *words])
    assert ended.wait() == 0, ended.output
    told = json.loads(summary.read_text())
    assert told["robot"] == slider
    assert told["steps"] > 100
    assert checkpoint.load(saved).robot.simulation.robot == slider
    dynsyn("eval", saved, "--episodes", 1)
