"""`dynsyn render`: films and strips of real lifetimes on real bodies, and what is refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynsyn_controller.lifetime import checkpoint
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_lab.cli import main as cli
from dynsyn_lab.errors import CommandError
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.pictures.films import GifFilm, find_ffmpeg
from dynsyn_lab.pictures.panel import chosen_units
from dynsyn_lab.rollouts.stage import Stage
from dynsyn_lab.sweeps.point import Silence
from dynsyn_lab.training.limits import Limits
from dynsyn_lab.training.run_folder import RunFolder
from dynsyn_lab.training.run_setup import make_config
from dynsyn_lab.training.trainer import Trainer
from dynsyn_sim_bridge.robots.registry import ROBOTS, entry


def newborn(folder: Path, robot: str, seed: int = 3, **options) -> Path:
    """A checkpoint of a new-born lifetime."""
    path = folder / f"{robot}.ckpt"
    description = entry(robot).robot(**options)
    checkpoint.save(path, description, new_controller(description, seed=seed))
    return path


def render(*words) -> int:
    return cli.main(["render", *map(str, words)])


def frames(path: Path) -> tuple[list[np.ndarray], list[int]]:
    """Pictures of a GIF and how long each is shown, ms."""
    pictures, durations = [], []
    with Image.open(path) as film:
        for number in range(film.n_frames):
            film.seek(number)
            pictures.append(np.asarray(film.convert("RGB")).astype(int))
            durations.append(film.info["duration"])
    return pictures, durations


@pytest.mark.parametrize("robot", ROBOTS)
def test_a_film_of_every_robot(robot: str, tmp_path: Path) -> None:
    out = tmp_path / "film.gif"
    assert render(newborn(tmp_path, robot), out, "--robot", robot, "--seconds", 0.6) == 0
    period = entry(robot).create().control_period
    pictures, durations = frames(out)
    assert sum(durations) == pytest.approx(600, abs=2 * 1000 * period)
    assert np.abs(pictures[-1] - pictures[0]).max() > 60
    assert pictures[0].shape[1] >= 400


def test_the_panel_moves_beside_the_picture(tmp_path: Path) -> None:
    saved = newborn(tmp_path, "walker")
    assert render(saved, tmp_path / "bare.gif", "--seconds", 0.4) == 0
    assert render(saved, tmp_path / "panel.gif", "--seconds", 0.4, "--panel") == 0
    bare, panel = (frames(tmp_path / f"{name}.gif")[0] for name in ("bare", "panel"))
    width = bare[0].shape[1]
    assert panel[0].shape[1] > width + 300
    assert np.abs(panel[-1][:, width:] - panel[0][:, width:]).max() > 100


def test_units_that_a_panel_shows() -> None:
    walker = ("hidden.0", "oscillator.0.v", "oscillator.1.v", "oscillator.0.w", "output.hip")
    assert chosen_units(walker) == (
        "oscillators",
        {"oscillator.0.v": "0.v", "oscillator.1.v": "1.v"},
    )
    assert chosen_units(("oscillator.dorsal", "output.a"))[1] == {"oscillator.dorsal": "dorsal"}
    hidden = tuple(f"hidden.{number}" for number in range(20))
    assert list(chosen_units((*hidden, "output.a"))[1]) == list(hidden[:8])
    assert chosen_units(("output.a",))[1] == {}


def test_the_same_seed_gives_the_same_film_and_no_change_of_the_checkpoint(tmp_path: Path) -> None:
    saved = newborn(tmp_path, "walker")
    before = saved.read_bytes()
    films = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        out = tmp_path / f"{name}.gif"
        assert render(saved, out, "--seconds", 1.2, "--learning", "--seed", seed) == 0
        films.append(out.read_bytes())
    assert films[0] == films[1] != films[2]
    assert saved.read_bytes() == before


def test_speed_and_width(tmp_path: Path) -> None:
    out = tmp_path / "film.gif"
    words = ("--seconds", 2, "--speed", 4, "--width", 200)
    assert render(newborn(tmp_path, "swimmer"), out, *words) == 0
    pictures, durations = frames(out)
    assert sum(durations) == pytest.approx(500, abs=60)
    assert pictures[0].shape[1] == 200


@pytest.mark.parametrize("panel", [[], ["--panel"]])
def test_a_strip(panel: list[str], tmp_path: Path) -> None:
    out = tmp_path / "strip.png"
    assert render(newborn(tmp_path, "walker"), out, "--frames", 4, *panel) == 0
    with Image.open(out) as picture:
        width, height = picture.size
        assert (width > 2 * height) == (not panel)
        assert np.asarray(picture.convert("L")).std() > 10


def test_gif_times_do_not_drift(tmp_path: Path) -> None:
    """A film of 33 1/3 pictures a second is as long as it should be, to the GIF's hundredths."""
    film = GifFilm(tmp_path / "film.gif", 0.0333333)
    for number in range(100):
        film.add(np.full((8, 8, 3), 255 * (number % 2), np.uint8))
    film.close()
    pictures, durations = frames(tmp_path / "film.gif")
    assert len(pictures) == 100
    assert sum(durations) == 3330


def test_the_stage_lives_as_the_trainer_does(tmp_path: Path) -> None:
    """From the same birth, on the same course, the watched lifetime is the trained one."""
    steps = 1700  # longer than any course
    config = make_config("walker", seed=7, backend="in_process")
    trainer = Trainer(
        RunFolder.create(tmp_path / "run", config), Limits(steps), Silence(), Interrupts()
    )
    trainer.run()
    saved = checkpoint.load(newborn(tmp_path, "walker", seed=7))
    with Stage(saved, seed=7, learning=True) as stage:
        moments = [stage.step() for _ in range(steps)]
        assert stage.controller.state.tobytes() == trainer.population.states.tobytes()
    assert any(moment.terminal for moment in moments)


def test_frozen_weights_stand_at_their_centres(tmp_path: Path) -> None:
    saved = checkpoint.load(newborn(tmp_path, "swimmer"))
    with Stage(saved) as stage:
        for _ in range(100):
            stage.step()
        np.testing.assert_array_equal(stage.controller.weight, saved.state["centre"][0])


def test_mp4(tmp_path: Path) -> None:
    try:
        program = find_ffmpeg()
    except CommandError:
        pytest.skip("no ffmpeg here (requirements/extra-video.txt)")
    out = tmp_path / "film.mp4"
    words = ("--seconds", 0.6, "--width", 301)
    assert render(newborn(tmp_path, "walker"), out, *words) == 0
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    decoded = subprocess.run([program, "-i", out, *raw], capture_output=True, check=True).stdout
    pictures = np.frombuffer(decoded, np.uint8).reshape(-1, 200, 300, 3).astype(int)
    assert len(pictures) == 15
    assert np.abs(pictures[-1] - pictures[0]).max() > 60


def test_mp4_without_ffmpeg_says_how_to_get_it(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)  # as if it were not installed
    assert render(newborn(tmp_path, "walker"), tmp_path / "film.mp4") == 1
    assert "requirements/extra-video.txt" in capsys.readouterr().err
    assert not (tmp_path / "film.mp4").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["walker.ckpt", "film.avi"], 2, "found ending '.avi', expected one of .gif, .mp4, .png"),
        (["walker.ckpt", "nowhere/film.gif"], 1, "no such folder"),
        (["missing.ckpt", "film.gif"], 1, "missing.ckpt: cannot be read"),
        (["damaged.ckpt", "film.gif"], 1, "damaged"),
        (["swimmer.ckpt", "film.gif", "--robot", "walker"], 1, "made for joints joint_1"),
        (["swimmer.ckpt", "film.gif", "--robot.joints", "7"], 1, "swimmer has joint_1"),
        (["swimmer.ckpt", "film.gif", "--robot.depth", "7"], 2, "depth"),
        (["walker.ckpt", "film.gif", "--robot", "wolker"], 2, "did you mean 'walker'?"),
    ],
)
def test_what_is_refused(tmp_path: Path, monkeypatch, capsys, words, code, message) -> None:
    monkeypatch.chdir(tmp_path)
    for robot in ("walker", "swimmer"):
        newborn(tmp_path, robot)
    shutil.copy("walker.ckpt", "damaged.ckpt")
    Path("damaged.ckpt").write_bytes(Path("walker.ckpt").read_bytes()[:-100])
    assert render(*words) == code
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not list(tmp_path.glob("*film*"))


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path: Path, capsys) -> None:
    (tmp_path / "film.gif").mkdir()
    assert render(newborn(tmp_path, "swimmer"), tmp_path / "film.gif", "--seconds", 0.1) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"film.gif", "swimmer.ckpt"}
