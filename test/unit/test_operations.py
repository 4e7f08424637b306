"""Networks and learners found by name, and their kernels bound by the marker of each class."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from oracle import robot_data

from dynsyn_controller.core.learners.registry import LEARNERS
from dynsyn_controller.core.networks.registry import NETWORKS
from dynsyn_controller.core.schema import SchemaError
from dynsyn_controller.core.step import step
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.robot import Robot, RobotFileError
from dynsyn_controller.robot.robot_file import parse_robot

LEARNER = """
from dataclasses import dataclass
from dynsyn_controller.core.learners.base import Learner
from dynsyn_controller.core.numba_support import njit

@dataclass(frozen=True)
class Settings:
    {settings}

class Toy(Learner):
    name = "toy"
    Settings = Settings
    {extra}

    def fields(self, synapses):
        return {fields}

    @staticmethod
    @njit
    def learn(state, settings, observation, reward, terminal):
        for i in range(state.weight.size):
            state.weight[i] = {value}

    @staticmethod
    @njit
    def freeze(state, settings):
        pass

    @staticmethod
    @njit
    def exploration(state, settings):
        return 1.0

    @staticmethod
    @njit
    def learnt(state, settings):
        return state.weight

    @staticmethod
    @njit
    def put(state, settings, i, value):
        state.weight[i] = value
"""

NETWORK = """
from dataclasses import dataclass
from dynsyn_controller.core.networks.base import Network, stack_layers
from dynsyn_controller.core.numba_support import njit

@dataclass(frozen=True)
class Options:
    pass

class Plain(Network):
    name = "plain"
    Options = Options

    def __init__(self, body, options):
        super().__init__(body, options)
        self.layers = stack_layers([("output", body.joints, body.channels)])
        self.unit_names = tuple(f"output.{name}" for name in body.joints)

    def fields(self):
        return []

    def initial_weights(self, generator):
        return generator.normal(size=self.synapses)

    def activity(self, record):
        return record["output"]

    @staticmethod
    @njit
    def think(state, settings, observation, learning):
        state.output[0] = state.weight[0]
"""


def plain_network(folder: Path) -> dict:
    """Section `network` of one that is quick to compile."""
    path = folder / "plain.py"
    path.write_text(NETWORK)
    return {"type": f"{path}:Plain"}


def write(path: Path, value: str = "1.0", settings: str = "rate: float = 1.0", **parts) -> str:
    """A learner that sets every weight to `value`; returns its name."""
    filled = {"extra": "", "fields": "[]", **parts}
    path.parent.mkdir(exist_ok=True)
    path.write_text(LEARNER.format(value=value, settings=settings, **filled))
    return f"{path}:Toy"


def data_with(learner: str) -> dict:
    """A robot file with this learner."""
    return robot_data() | {"network": {"type": "mlp", "hidden": []}, "learner": {"type": learner}}


def with_learner(name: str, **sections) -> Robot:
    return parse_robot(yaml.safe_dump(data_with(name) | sections))


def weights_after_a_step(robot: Robot) -> set[float]:
    controller = new_controller(robot)
    for _ in range(2):
        controller.step(np.zeros(5), 0.5)
    return set(controller.weight.tolist())


def test_learners_in_one_process_do_not_mix(tmp_path):
    """Files of one name, classes of one name, records of one layout: two kernels all the same, and
    a third once a file is edited."""
    path, plain = tmp_path / "a" / "toy.py", plain_network(tmp_path)
    first = with_learner(write(path, "1.5"), network=plain)
    second = with_learner(write(tmp_path / "b" / "toy.py", "-2.5"), network=plain)
    assert first.blueprint.dtype == second.blueprint.dtype
    for _ in range(2):
        assert weights_after_a_step(first) == {1.5}
        assert weights_after_a_step(second) == {-2.5}
    network = {"type": "mlp", "hidden": [3]}
    assert len(weights_after_a_step(with_learner("dynamic_synapse", network=network))) > 10
    after = with_learner(write(path, "3.5"), network=plain)
    assert weights_after_a_step(after) == {3.5}
    assert weights_after_a_step(first) == {1.5}


LIVE = """
import sys, time
import numpy as np
from dynsyn_controller.core.step import step
from dynsyn_controller.lifetime.factory import new_controller
from dynsyn_controller.robot.robot_file import load_robot

found = []
for path in sys.argv[1:]:
    controller = new_controller(load_robot(path), seed=1)
    for _ in range(2):
        controller.step(np.zeros(5), 0.5)
    found.append(sorted(set(controller.weight.tolist()))[-1])
print(*found, sum(step.stats.cache_hits.values()), sum(step.stats.cache_misses.values()))
"""


def live_in_a_process(folder: Path, *robots: Path) -> tuple[list[float], tuple[int, int]]:
    """Largest weights after a step of each; hits and misses of the cache on disk in `folder`."""
    done = subprocess.run(
        [sys.executable, "-c", LIVE, *map(str, robots)],
        env={
            **os.environ,
            "NUMBA_CACHE_DIR": str(folder / "cache"),
            "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, sys.path)]),
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    *found, hits, misses = done.stdout.split()
    return [float(word) for word in found], (int(hits), int(misses))


INSIDE = "from numba import njit\n@njit\ndef value(settings):\n    return {}\n"


def write_package(folder: Path, value: str, learner: str = "Toy") -> None:
    """An installed package with a learner, toy, whose value a neighbour of its file knows."""
    package, about = folder / "toy_package", folder / "toy_package-1.0.dist-info"
    write(package / "toy.py", "value(settings)")
    text = (package / "toy.py").read_text()
    (package / "toy.py").write_text("from toy_package.inside import value\n" + text)
    (package / "__init__.py").touch()
    (package / "inside.py").write_text(INSIDE.format(value))
    about.mkdir(exist_ok=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-package\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[dynsyn.learners]\ntoy = toy_package.toy:{learner}\n")


def test_a_second_process_compiles_what_is_new_alone_and_an_edit_anew(tmp_path):
    """Of a learner in a file, of a shipped one, and of one in an installed package: that is found
    by its entry point and hashed with all its files, so that an edit of a neighbour counts too."""
    plain = plain_network(tmp_path)

    def robot_file(name: str, learner: str) -> Path:
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(data_with(learner) | {"network": plain}))
        return path

    write_package(tmp_path, "4.5")
    first = robot_file("first", write(tmp_path / "a" / "toy.py", "1.5"))
    second = robot_file("second", write(tmp_path / "b" / "toy.py", "2.5"))
    shipped, packed = robot_file("shipped", "none"), robot_file("packed", "toy")
    (*largest, drawn), found = live_in_a_process(tmp_path, first, packed, shipped)
    assert (largest, found) == ([1.5, 4.5], (0, 3))
    largest, found = live_in_a_process(tmp_path, second, first, shipped, packed)
    assert (largest, found) == ([2.5, 1.5, drawn, 4.5], (3, 1))
    write(tmp_path / "a" / "toy.py", "7.5")
    write_package(tmp_path, "5.5")
    largest, found = live_in_a_process(tmp_path, second, first, packed)
    assert (largest, found) == ([2.5, 7.5, 5.5], (1, 2))


def test_a_learner_of_a_package_that_is_not_there_is_refused(tmp_path, monkeypatch):
    write_package(tmp_path, "4.5", learner="Boy")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "toy" in LEARNERS.names
    with pytest.raises(RobotFileError, match=r"learner\.type: toy \(toy_package\.toy:Boy\): "):
        with_learner("toy")
    for name in [name for name in sys.modules if name.startswith("toy_package")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"settings": "hidden: int = 3"}, "setting hidden is of learner toy and network walker"),
        ({"settings": "dt: float = 3.0"}, "setting dt is of every lifetime and learner toy"),
        ({"settings": "learner_x: int = 3"}, "setting learner_x of learner toy: network_ and"),
        ({"fields": '[("gain", float)]'}, "record field gain is of learner toy and network walker"),
        (
            {"fields": '[("record_layout", float)]'},
            "record field record_layout is of every record and learner toy",
        ),
        ({"fields": '[("weight", float)]'}, "record field weight is of every lifetime and learner"),
        ({"extra": "networks = ('mlp', 'ncap')"}, "toy serves networks of type mlp, ncap, found"),
        ({"extra": "name = 'two words'"}, "attribute name: found 'two words', expected letters"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path, parts, message):
    with pytest.raises(RobotFileError) as refused:
        with_learner(write(tmp_path / "toy.py", **parts), network=robot_data()["network"])
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "toy.py: cannot be read: No such file"),
        ("def", "toy.py: cannot be imported: SyntaxError: invalid syntax"),
        ("import nothing_of_that_name", "cannot be imported: ModuleNotFoundError"),
        ("Boy = 3", "toy.py: there is no Toy in it"),
        ("Toy = 3", "expected a class derived from dynsyn_controller.core.learners.base.Learner"),
        ("class Toy: pass", "expected a class derived from"),
        (
            "from dynsyn_controller.core.learners.none import NoLearner\n"
            "class Toy(NoLearner):\n    name = 'toy'\n    learn = None",
            "Toy.learn: found nothing, expected a kernel compiled by njit",
        ),
        (
            "from dynsyn_controller.core.learners.none import NoLearner\n"
            "class Toy(NoLearner):\n    name = 'toy'\n    def put(*_): pass",
            "Toy.put: found a function, expected a kernel compiled by njit",
        ),
    ],
)
def test_a_file_that_is_no_learner_is_refused(tmp_path, text, message):
    path = tmp_path / "toy.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(RobotFileError) as refused:
        with_learner(f"{path}:Toy")
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_names_that_nothing_has_are_refused_with_the_nearest():
    for registry, name, near in ((NETWORKS, "wolker", "walker"), (LEARNERS, "nome", "none")):
        with pytest.raises(SchemaError, match=f"did you mean '{near}'"):
            registry.find(name)


def test_every_shipped_class_is_of_its_name():
    for registry in (NETWORKS, LEARNERS):
        for name in registry.names:
            assert registry.find(name).name == name


def test_a_rhythm_that_is_half_told_is_refused(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(
        "from dynsyn_controller.core.networks.mlp import MlpNetwork\n"
        "class Own(MlpNetwork):\n    name = 'own'\n    rhythms = 2\n"
    )
    data = robot_data() | {"network": {"type": f"{path}:Own", "hidden": [3]}}
    with pytest.raises(RobotFileError, match="found rhythms 2 and no operation rhythm"):
        new_controller(parse_robot(yaml.safe_dump(data)), seed=2)


def test_networks_in_one_process_do_not_mix():
    """One learner, one body, two networks: each lives as it does alone."""
    data = robot_data()
    walker = parse_robot(yaml.safe_dump(data))
    mlp = parse_robot(yaml.safe_dump(data | {"network": {"type": "mlp", "hidden": [3]}}))
    random = np.random.default_rng(1)
    inputs = [(random.normal(size=5), random.normal()) for _ in range(200)]
    alone = {}
    for robot in (walker, mlp):
        controller = new_controller(robot, seed=2)
        alone[robot.network["type"]] = [controller.step(*one).copy() for one in inputs]
    both = {robot.network["type"]: new_controller(robot, seed=2) for robot in (mlp, walker)}
    for at, one in enumerate(inputs):
        for name, controller in both.items():
            assert np.array_equal(controller.step(*one), alone[name][at])
    assert len(step.overloads) >= 2
