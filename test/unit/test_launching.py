"""The description of nodes that launch files and commands share, and the shipped launch files."""

import ast
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from dynsyn_controller.launching.arguments import (
    CONTROLLER,
    RESPAWN,
    SIMULATION,
    TELEOP,
    from_text,
    node_parameters,
    resolve,
)
from dynsyn_controller.launching.nodes import (
    MissingProgram,
    NodeSpec,
    command,
    controller,
    package_prefix,
    program,
)
from dynsyn_controller.node import middleware
from dynsyn_controller.node.parameter_table import ParameterError, plain
from dynsyn_controller.node.parameters import TABLE
from dynsyn_controller.node.tether import tethered
from dynsyn_sim_bridge.robots.registry import ROBOTS

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[2]
LAUNCH_FILES = sorted((ROOT / "launch").glob("*.launch.py"))
OF_RCLPY = "use_sim_time"


@pytest.mark.parametrize(
    "argument", [*CONTROLLER, *SIMULATION, *TELEOP, RESPAWN], ids=lambda argument: argument.name
)
def test_launch_text_of_every_default_means_that_default(argument):
    text = plain(argument.parameter.default)
    assert from_text(argument, text) == argument.parameter.default
    assert argument.left_out in ("", text)


def test_what_holds_where_an_argument_is_left_out_is_said():
    told = {argument.name: argument.description for argument in CONTROLLER}
    assert told["slew_limit"].endswith("(left out: as params_file says, or else 0)")
    assert told["armed_at_start"].endswith("or else false)")  # of the controller alone
    assert "left out" not in told["namespace"] + told["effort_topic"]


@pytest.mark.parametrize(
    "argument", [a for a in (*CONTROLLER, *SIMULATION) if a.node_parameter], ids=lambda a: a.name
)
def test_arguments_of_the_node_are_parameters_that_it_has(argument):
    if argument.node_parameter == OF_RCLPY:
        return
    own = next(parameter for parameter in TABLE if parameter.name == argument.node_parameter)
    asked = argument.parameter
    assert asked.default == own.default
    assert (asked.minimum, asked.maximum) == (own.minimum, own.maximum)
    assert not asked.choices or asked.choices == own.choices


@pytest.mark.parametrize(
    ("name", "text"), [("seed", "one"), ("lockstep", "perhaps"), ("realtime_factor", "fast")]
)
def test_launch_text_of_another_type_is_refused(name, text):
    argument = next(argument for argument in SIMULATION if argument.name == name)
    with pytest.raises(ParameterError, match=f"{name}: found '{text}'"):
        from_text(argument, text)


@pytest.mark.parametrize("text", ["WARN", "warning", "Warning", "warn"])
def test_levels_of_the_log_as_people_write_them(text):
    argument = next(argument for argument in SIMULATION if argument.name == "log_level")
    assert from_text(argument, text) == "warn"
    with pytest.raises(ParameterError, match="log_level: found 'LOUD'"):
        from_text(argument, "LOUD")


def test_only_what_is_given_is_set():
    given = {"robot_file": "walker", "slew_limit": 0.5, "checkpoint": "life.ckpt"}
    node = controller(given, {"learner": {"learning_rate": "2e-5"}})
    assert node.parameters == {
        "robot_file": "walker",
        "slew_limit": 0.5,
        "checkpoint_path": "life.ckpt",
        "settings": "learner.learning_rate=2e-5",
    }
    assert node.defaults == {"armed_at_start": False}
    assert (node.namespace, node.params_file, node.log_level) == ("/", "", "")
    assert node_parameters(CONTROLLER, resolve(CONTROLLER, {"learning": False})) == {
        "learning": False
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "robot_file: missing"),
        ({"robot_file": "walker", "params_file": "/no.yaml"}, "params_file: there is no file"),
        ({"robot_file": "walker", "slew_limt": 1.0}, "did you mean 'slew_limit'"),
        ({"robot_file": "walker", "stale_periods": 0.5}, "stale_periods: found 0.5"),
    ],
)
def test_what_cannot_be_is_refused_by_name(given, message):
    with pytest.raises(ParameterError, match=message):
        controller(given, {})


def test_a_description_survives_as_json():
    node = NodeSpec("sim", "a", "b", {"x": 0.5, "flag": True}, {"y": 1}, "/left", "f", "debug")
    assert NodeSpec.from_data(json.loads(json.dumps(node.as_data()))) == node


def test_a_missing_package_or_program_is_named(tmp_path):
    with pytest.raises(MissingProgram, match="package no_such_package is not installed"):
        package_prefix("no_such_package")
    with pytest.raises(MissingProgram, match="no_such_node is missing: build package dynsyn_"):
        program("dynsyn_controller", "no_such_node")
    with pytest.raises(MissingProgram, match="no_such_package"):
        command(NodeSpec("controller", "no_such_package", "node", {}), tmp_path)


@pytest.mark.parametrize("file", LAUNCH_FILES, ids=lambda file: file.name)
def test_launch_files_ask_for_what_is_there_and_import_their_own_package_alone(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert modules == {"launch", "dynsyn_controller.launching"}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    asked = [call for call in calls if ast.unparse(call.func).startswith("actions.")]
    assert len(asked) == 1
    robots = [ast.literal_eval(argument) for argument in asked[0].args]
    arguments = {"actions.controller": 0, "actions.simulation": 1, "actions.teleop": 0}
    wanted = arguments[ast.unparse(asked[0].func)]
    assert len(robots) == wanted
    assert set(robots) <= set(ROBOTS)


def test_launching_imports_no_package_above_its_own():
    for file in (ROOT / "dynsyn_controller/dynsyn_controller/launching").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom | ast.Import):
                text = ast.unparse(node)
                assert "dynsyn_lab" not in text, text
                assert "dynsyn_sim_bridge" not in text, text


def test_arguments_are_light():
    look = "import dynsyn_controller.launching.arguments, dynsyn_controller.node.program, sys"
    heavy = "sorted({'numba', 'numpy', 'rclpy', 'yaml'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", f"{look}\nprint({heavy})"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


PATIENT = """
    import os, signal, sys
    print("importing", flush=True)
    os.read(0, 1)
    from dynsyn_controller.node.stop_request import StopRequest
    stop = StopRequest()
    print("asked" if stop.asked else "not asked", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_importing_is_a_request_to_stop(number):
    program = [sys.executable, "-c", textwrap.dedent(PATIENT)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(tethered(program, deferring=True), **pipes) as child:
        assert child.stdout.readline() == "importing\n"
        child.send_signal(number)
        assert child.communicate("x", timeout=30)[0] == "asked\n"
        assert child.returncode == 0


def test_a_signal_after_the_work_changes_nothing():
    program = """
        import os, signal
        from dynsyn_controller.node.stop_request import StopRequest
        StopRequest()
        StopRequest.ignore()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(os.getpid(), number)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    assert subprocess.run(command, check=False).returncode == 0


def test_a_middleware_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setenv("RMW_IMPLEMENTATION", "rmw_of_nobody")
    with pytest.raises(middleware.MiddlewareError, match=r"rmw_of_nobody .* is not installed"):
        middleware.load()


def test_a_foreign_rclpy_is_named_with_its_place(tmp_path):
    (tmp_path / "rclpy").mkdir()
    (tmp_path / "rclpy" / "__init__.py").write_text("from rclpy._of_another_python import all\n")
    script = "from dynsyn_controller.node import middleware; middleware.load()"
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert f"rclpy at {tmp_path}/rclpy does not load" in last
    assert "PYTHONPATH is" in last
