"""The lifetimes shipped in config/checkpoints, and what begins from them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gymnasium.envs.box2d.bipedal_walker import TERRAIN_STARTPAD, TERRAIN_STEP

from dynsyn_controller.core.controller import Controller
from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.lifetime.writer import Origin, open_lifetime
from dynsyn_controller.node.parameter_table import resolve
from dynsyn_controller.node.parameters import TABLE
from dynsyn_controller.node.settings import Settings, read_robot
from dynsyn_controller.robot import config_files
from dynsyn_controller.robot.config_files import shipped_checkpoint
from dynsyn_lab.live.preparing import prepare
from dynsyn_lab.live.stack import Stack, describe
from dynsyn_lab.rollouts.evaluate import figures
from dynsyn_lab.rollouts.moving import settle
from dynsyn_lab.rollouts.rollout import REACH, live_episodes
from dynsyn_lab.rollouts.senses import Senses
from dynsyn_sim_bridge.robots.registry import ROBOTS, entry

pytestmark = pytest.mark.usefixtures("state_folder")
ROOT = Path(__file__).resolve().parents[2]
NEW_BORN = {"walker": 0.0, "swimmer": 245.0, "cart_pole": 299.0}
"""More than 300 steps earn of a new-born lifetime of any of the seeds 0 to 2, learning."""


@pytest.fixture
def shipped(tmp_path, monkeypatch) -> Path:
    """A walker's lifetime of 200 steps, shipped in a configuration folder of its own."""
    folders = [tmp_path / "config", *config_files._config_folders()]
    monkeypatch.setattr(config_files, "_config_folders", lambda: folders)
    path = tmp_path / "config" / "checkpoints" / "walker.ckpt"
    path.parent.mkdir(parents=True)
    robot = entry("walker").robot()
    controller = new_controller(robot, seed=11)
    live(controller, "walker", 200)
    checkpoint.save(path, robot, controller)
    return path


def live(controller: Controller, robot: str, steps: int) -> float:
    """Let a lifetime live so many steps in its simulated body; every effort must be one.

    Returns what they earned.
    """
    body, earned = entry(robot).create(), 0.0
    try:
        body.reset(5)
        look, reward, terminal = Senses(entry(robot).robot(), body).look, 0.0, False
        for _ in range(steps):
            effort = controller.step(look(), reward, terminal)
            assert (np.abs(effort) <= controller.body.effort_limit).all()
            outcome = body.step(effort)
            reward, terminal = outcome.reward, outcome.terminal
            earned += reward
            if terminal:
                body.reset()
    finally:
        body.close()
    return earned


def opened(stack: Stack) -> tuple[Controller, bool]:
    """The lifetime that the stack's controller node begins with, and whether it was continued."""
    parameters = stack.nodes[1].parameters
    settings = Settings(**resolve(TABLE, parameters))
    life = open_lifetime(read_robot(settings.robot_file, settings.modules), settings.origin)
    return life.controller, life.continued


@pytest.mark.parametrize("robot", ROBOTS)
def test_a_shipped_lifetime_lives_in_todays_body(robot: str) -> None:
    path = shipped_checkpoint(robot)
    assert describe(robot=robot).shipped == path
    if path is None:  # born, then
        assert not (ROOT / "config" / "checkpoints" / f"{robot}.ckpt").exists()
        return
    before, saved = path.read_bytes(), checkpoint.load(path)
    checkpoint.check_same(entry(robot).robot(), saved)
    controller = saved.controller()
    assert live(controller, robot, 300) > NEW_BORN[robot]
    assert controller.steps == saved.state["steps"][0] + 300
    assert path.read_bytes() == before


def test_every_shipped_lifetime_is_some_robots() -> None:
    files = {path.name for path in (ROOT / "config" / "checkpoints").glob("*")}
    assert files <= {f"{robot}.ckpt" for robot in ROBOTS}


def test_a_first_run_begins_from_the_shipped_lifetime_and_never_writes_to_it(
    shipped: Path, state_folder: Path
) -> None:
    before = shipped.read_bytes()
    stack = describe()
    assert (stack.shipped, stack.checkpoint) == (shipped, state_folder / "walker.ckpt")
    assert str(shipped) not in map(str, stack.nodes[1].parameters.values())
    prepare(stack)
    controller, continued = opened(stack)
    assert continued
    assert controller.state.tobytes() == checkpoint.load(shipped).state.tobytes()
    live(controller, "walker", 50)
    checkpoint.save(stack.checkpoint, entry("walker").robot(), controller)
    prepare(describe())  # the next run goes on with the user's own
    assert opened(stack)[0].steps == 250
    assert shipped.read_bytes() == before


@pytest.mark.parametrize(
    "given",
    [
        {"from_scratch": True},
        {"preset": "paper"},
        {"lockstep": True},
        {"robot": "walker_hardcore"},
        {"checkpoint": "own.ckpt"},
    ],
)
def test_what_asks_for_another_lifetime_gets_a_new_born_one(
    shipped: Path, state_folder: Path, tmp_path: Path, monkeypatch, given
) -> None:
    monkeypatch.chdir(tmp_path)
    state_folder.mkdir(parents=True)
    stack = describe(**given)
    prepare(stack)
    controller, continued = opened(stack)
    assert not continued
    assert controller.steps == 0


def test_a_shipped_lifetime_that_does_not_fit_is_named(shipped: Path, state_folder: Path) -> None:
    robot = entry("swimmer").robot()
    checkpoint.save(shipped, robot, new_controller(robot))
    with pytest.raises(checkpoint.CheckpointError, match=r"walker\.ckpt: made for another robot"):
        prepare(describe())
    assert not state_folder.exists()


def test_a_folder_that_somebody_named_is_not_made(tmp_path: Path, state_folder: Path) -> None:
    path = tmp_path / "mispelt" / "life.ckpt"
    with pytest.raises(checkpoint.CheckpointError, match=r"there is no folder .*mispelt"):
        prepare(describe(checkpoint=str(path)))
    assert not path.parent.exists()


def test_a_lifetime_of_another_robot_is_named_whatever_its_network() -> None:
    """An arg max over levels of one joint is no network for four."""
    folder = ROOT / "config" / "checkpoints"
    for robot, other in (("walker", "cart_pole"), ("cart_pole", "walker")):
        path = folder / f"{other}.ckpt"
        with pytest.raises(checkpoint.CheckpointError, match=rf"{other}\.ckpt: made for another"):
            open_lifetime(entry(robot).robot(), Origin(path))


def test_the_package_s_own_folder_installs_all_that_is_shipped(tmp_path: Path) -> None:
    """As a release tool has it: a copy of that folder, and nothing of the workspace around it."""
    package = tmp_path / "dynsyn_controller"
    shutil.copytree(ROOT / "dynsyn_controller", package)
    command = [sys.executable, "setup.py", "--quiet", "install_data", "--install-dir", "../prefix"]
    subprocess.run(command, cwd=package, check=True, capture_output=True)
    installed = tmp_path / "prefix" / "share" / "dynsyn_controller"
    for folder in ("config", "launch"):
        files = [path for path in (ROOT / folder).rglob("*.*") if "__pycache__" not in path.parts]
        assert files
        for file in files:
            assert (installed / file.relative_to(ROOT)).read_bytes() == file.read_bytes()


def test_obstacles_are_met_and_passed_as_far_as_it_comes():
    path = ROOT / "config" / "checkpoints" / "walker.ckpt"
    saved = checkpoint.load(path)
    robot, controller = settle(saved, entry("walker_hardcore").robot())
    body = entry("walker_hardcore").create()
    try:
        (episode,) = live_episodes(robot, body, controller, 1, 4, False)
        body.reset(4)
        ahead = body.obstacles()
    finally:
        body.close()
    begun = TERRAIN_STEP * TERRAIN_STARTPAD / 2
    end = begun + episode.distance
    assert episode.obstacles == tuple(
        (each.kind, each.end + REACH < end) for each in ahead if each.start - REACH < end
    )
    assert len(episode.obstacles) > 1
    counts = json.loads(json.dumps(figures([episode], entry("walker_hardcore").task)))["obstacles"]
    assert sum(each["met"] for each in counts.values()) == len(episode.obstacles)
    assert sum(each["passed"] for each in counts.values()) == sum(p for _, p in episode.obstacles)
