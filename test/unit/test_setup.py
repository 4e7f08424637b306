"""The set-up scripts: what they refuse and how, when they act again, and what they write."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import workspace
from setup_steps import colcon, common, environment, start_up_hook, wheels

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


def pins(file: Path, python: str) -> dict[str, str]:
    """Pins of a requirements file that count for one Python: name to specifier."""
    found: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if not text:
            continue
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"python_version": python}):
            continue
        assert requirement.name not in found, f"{file.name} pins {requirement.name} twice"
        found[requirement.name] = str(requirement.specifier)
    return found


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("file", sorted(ROOT.glob("requirements/*.txt")), ids=lambda f: f.stem)
def test_every_requirement_is_pinned_once_for_each_python(file: Path, python: str) -> None:
    for name, specifier in pins(file, python).items():
        assert re.fullmatch(r"==[\w.]+", specifier), f"{file.name}: {name}{specifier}"


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("wheels", environment.WHEELS)
def test_no_package_is_pinned_in_two_files(python: str, wheels: str) -> None:
    seen: dict[str, str] = {}
    for file in environment.requirement_files(wheels):
        for name in pins(file, python):
            assert name not in seen, f"{name} in {seen[name]} and {file.name}"
            seen[name] = file.name


def test_a_distribution_gets_neither_ros_wheels_nor_another_numpy() -> None:
    for file in environment.requirement_files(None):
        names = pins(file, "3.12")
        assert "numpy" not in names
        assert not [name for name in names if name.startswith("ros-")]


@pytest.mark.parametrize(
    ("version", "has_distribution", "expected"),
    [
        ((3, 10), False, None),
        ((3, 13), False, None),
        ((3, 14), True, None),
        ((3, 9), False, "3.9 is too old"),
        ((3, 9), True, "3.9 is too old"),
        ((3, 14), False, "no ROS 2 wheels for Python 3.14"),
    ],
)
def test_unsupported_pythons_are_refused(version, has_distribution, expected) -> None:
    complaint = workspace.version_complaint(version, has_distribution)
    if expected is None:
        assert complaint is None
    else:
        assert expected in complaint
        assert "make PYTHON=" in complaint
        assert "\n" not in complaint


def test_missing_compiler_is_one_line_that_says_what_to_install(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(common.SetupError, match=r"no C compiler.*apt install build-essential"):
        environment.check_machine()


def test_compiler_named_by_the_user_must_exist(monkeypatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler -O2")
    with pytest.raises(common.SetupError, match=r"no C\+\+ .*\(CXX=no-such-compiler\)"):
        environment.check_machine()


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_missing_venv_module_is_one_line_that_says_what_to_install(monkeypatch, module) -> None:
    real = importlib.util.find_spec
    found = lambda name, *rest: None if name == module else real(name, *rest)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", found)
    with pytest.raises(common.SetupError, match=rf"no module {module}: sudo apt install python3"):
        environment.check_machine()


def test_unsupported_machine_is_refused_without_a_distribution(monkeypatch) -> None:
    monkeypatch.delenv("ROS_DISTRO", raising=False)
    monkeypatch.setattr(environment.platform, "machine", lambda: "aarch64")
    with pytest.raises(common.SetupError, match=r"aarch64.*install a ROS 2 distribution"):
        environment.check_machine()


def test_make_names_a_missing_python() -> None:
    done = subprocess.run(
        ["make", "setup", "PYTHON=no-such-python"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "no-such-python not found: sudo apt install" in done.stderr


@pytest.fixture
def venv(monkeypatch, tmp_path) -> Path:
    """An environment's folder and record of our own in place of the workspace's."""
    folder = tmp_path / ".venv"
    monkeypatch.setattr(environment, "VENV", folder)
    monkeypatch.setattr(environment, "RECORD", folder / "dynsyn-setup.json")
    return folder


def test_a_foreign_venv_is_left_alone(venv: Path) -> None:
    venv.mkdir()
    with pytest.raises(common.SetupError, match="not made by `make setup`"):
        environment.read_record()


def test_a_damaged_record_means_starting_over(venv: Path) -> None:
    venv.mkdir()
    environment.RECORD.write_text('{"path": ')
    found = environment.read_record()
    assert found is not None
    assert not environment.same_interpreter(found, environment.wanted_record(found))


def test_existing_python_is_kept_unless_one_is_asked_for(venv: Path, monkeypatch) -> None:
    (venv / "bin").mkdir(parents=True)
    python = venv / "bin" / "python"
    python.symlink_to(sys.executable)
    monkeypatch.setattr(environment, "VENV_PYTHON", python)
    monkeypatch.delenv("DYNSYN_PYTHON_ASKED_FOR", raising=False)
    found = environment.Record(str(venv), "wheels of jazzy", "3.10.1", "digest", complete=True)
    assert environment.wanted_record(found).python == "3.10.1"
    monkeypatch.setenv("DYNSYN_PYTHON_ASKED_FOR", "yes")
    assert environment.wanted_record(found).python == environment.platform.python_version()


def test_ros_wheels_are_kept_unless_others_are_asked_for(monkeypatch) -> None:
    monkeypatch.delenv("ROS_DISTRO", raising=False)
    monkeypatch.delenv("DYNSYN_ROS", raising=False)
    default, other = environment.WHEELS
    found = environment.Record("here", f"wheels of {other}", "3.11.7", "digest", complete=True)
    assert environment.wanted_record(None).wheels == default
    assert environment.wanted_record(found).wheels == other
    monkeypatch.setenv("DYNSYN_ROS", default)
    wanted = environment.wanted_record(found)
    assert wanted.wheels == default
    assert not environment.same_interpreter(found, wanted)


def test_ros_without_wheels_is_refused_by_name(monkeypatch) -> None:
    monkeypatch.delenv("ROS_DISTRO", raising=False)
    monkeypatch.setenv("DYNSYN_ROS", "humble")
    with pytest.raises(common.SetupError, match=r"ROS=humble.*kilted and jazzy"):
        environment.wanted_wheels(None)
    monkeypatch.setenv("DYNSYN_ROS", "jazzy")
    monkeypatch.setenv("ROS_DISTRO", "lyrical")
    with pytest.raises(common.SetupError, match="lyrical is sourced"):
        environment.wanted_wheels(None)


def test_environment_of_a_distribution_is_not_replaced_unasked(monkeypatch) -> None:
    beside = environment.Record("here", "jazzy", "3.12.3", "digest", complete=True)
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    environment.refuse_forgotten_distribution(beside)
    monkeypatch.delenv("ROS_DISTRO")
    with pytest.raises(common.SetupError, match=r"jazzy.*not sourced.*make distclean"):
        environment.refuse_forgotten_distribution(beside)


def test_changed_pins_ask_for_an_installation(tmp_path: Path) -> None:
    file = tmp_path / "pins.txt"
    file.write_text("numpy==2.2.6\n")
    before = environment.digest([file])
    assert environment.digest([file]) == before
    file.write_text("numpy==2.2.7\n")
    assert environment.digest([file]) != before


def test_failing_command_shows_its_last_lines_and_the_log(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(common, "ROOT", tmp_path)
    monkeypatch.setattr(common, "LOG_FOLDER", tmp_path / "log")
    script = "import sys; p = lambda s: print(s, flush=True); p('first')\n"
    script += "for i in range(40): p(i)\nsys.exit('out of luck')"
    with pytest.raises(common.SetupError) as failure:
        common.run_logged([sys.executable, "-c", script], "some.log")
    text = str(failure.value)
    assert "exit code 1" in text
    assert "log/some.log" in text
    assert "out of luck" in text
    assert "first" not in text.partition("\n")[2]
    assert "first" in (tmp_path / "log" / "some.log").read_text()


def test_foreign_paths_in_exported_targets_are_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "share" / "some_msgs" / "cmake"
    folder.mkdir(parents=True)
    target = folder / "someExport.cmake"
    target.write_text(
        'INCLUDES "/opt/python/cp312-cp312/include/python3.12;/opt/python/cp312-cp312/lib/'
        'python3.12/site-packages/numpy/_core/include;${_IMPORT_PREFIX}/include"\n'
    )
    python = Path(sys.executable)
    assert wheels.repair_cmake_files(tmp_path, python) == 1
    headers, numpy = wheels.include_folders(python)
    assert target.read_text() == f'INCLUDES "{headers};{numpy};${{_IMPORT_PREFIX}}/include"\n'
    assert Path(headers, "Python.h").exists()
    assert Path(numpy, "numpy", "arrayobject.h").exists()
    assert wheels.repair_cmake_files(tmp_path, python) == 0


@pytest.mark.faults
def test_paths_with_umlauts_are_read_by_the_wheels_cmake_files(tmp_path: Path) -> None:
    folder = tmp_path / "share" / "rosidl_adapter" / "cmake"
    folder.mkdir(parents=True)
    file = folder / "rosidl_adapt_interfaces.cmake"
    file.write_text('  file(STRINGS "${idl_output}" idl_tuples)\n')
    assert wheels.repair_cmake_files(tmp_path, Path(sys.executable)) == 1
    assert file.read_text() == '  file(STRINGS "${idl_output}" idl_tuples ENCODING UTF-8)\n'
    assert wheels.repair_cmake_files(tmp_path, Path(sys.executable)) == 0


@pytest.mark.parametrize(("origin", "refused"), [("wheels", False), ("jazzy", True)])
def test_a_distribution_cannot_build_below_an_umlaut(tmp_path, monkeypatch, origin, refused):
    monkeypatch.setattr(colcon, "ROOT", tmp_path / "kl\u00f6n")
    place = environment.Environment(environment.Record("", origin, "3.12.3", ""), tmp_path)
    if refused:
        with pytest.raises(common.SetupError, match="move the clone into a folder"):
            colcon.refuse_unreadable_path(place)
    else:
        colcon.refuse_unreadable_path(place)


def test_search_paths_are_extended_once_and_in_order() -> None:
    once = start_up_hook.extended("/usr/lib", ["/a", "/b", "/a"])
    assert once == os.pathsep.join(("/a", "/b", "/usr/lib"))
    assert start_up_hook.extended(once, ["/b", "/a"]) == once
    assert start_up_hook.extended("", ["/a"]) == "/a"


HOOKED = """
import json, os, sys
print(json.dumps([sys.argv, sys.stdin.read(), os.getpid(), os.environ["LD_LIBRARY_PATH"]]))
sys.exit(7)
"""


def test_start_up_hook_keeps_arguments_input_process_and_exit_code(tmp_path: Path) -> None:
    hook = Path(start_up_hook.__file__).read_text(encoding="utf-8")
    wanted = "WANTED: dict[str, list[str]] = {}"
    assert wanted in hook
    (tmp_path / "_hook.py").write_text(
        hook.replace(wanted, "WANTED = {'LD_LIBRARY_PATH': ['/nowhere/lib']}")
    )
    (tmp_path / "sitecustomize.py").write_text("import _hook\n")
    env = {"PYTHONPATH": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", HOOKED, "a", "b c"],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    out, _ = process.communicate("typed")
    arguments, typed, pid, path = json.loads(out)
    assert arguments == ["-c", "a", "b c"]
    assert typed == "typed"
    assert pid == process.pid
    assert "/nowhere/lib" in path.split(os.pathsep)
    assert process.returncode == 7


def test_stale_only_when_a_source_is_newer(monkeypatch, tmp_path: Path) -> None:
    record = environment.Record("here", "wheels of jazzy", "3.11.7", "digest", complete=True)
    place = environment.Environment(record, tmp_path)
    source = tmp_path / "robot.yaml"
    source.write_text("name: walker\n")
    monkeypatch.setattr(colcon, "STAMP", tmp_path / "built")
    monkeypatch.setattr(colcon, "sources", lambda: iter([source, tmp_path / "gone"]))
    assert colcon.stale(place)
    colcon.STAMP.write_text(colcon.fingerprint(place))
    os.utime(source, (1, 1))
    assert not colcon.stale(place)
    os.utime(source, (2**31, 2**31))
    assert colcon.stale(place)
    os.utime(source, (1, 1))
    there = environment.Record("there", "wheels of jazzy", "3.11.7", "")
    assert colcon.stale(environment.Environment(there, tmp_path))


def test_every_launch_and_config_file_is_installed_and_live() -> None:
    from ament_index_python.packages import get_package_share_directory

    share = Path(get_package_share_directory("dynsyn_controller"))
    files = [*ROOT.glob("launch/*.py"), *ROOT.glob("config/**/*.yaml")]
    assert files
    for file in files:
        assert (share / file.relative_to(ROOT)).samefile(file)


def test_a_sourced_shell_finds_every_package() -> None:
    shell = f". '{ROOT}/install/setup.bash' && echo $AMENT_PREFIX_PATH && command -v dynsyn"
    env = {"HOME": os.environ["HOME"], "PATH": os.defpath}
    done = subprocess.run(
        ["bash", "-c", shell], env=env, capture_output=True, text=True, check=True
    )
    prefixes, command = done.stdout.splitlines()
    found = prefixes.split(os.pathsep)
    assert {str(ROOT / "install" / name) for name in colcon.PACKAGES} <= set(found)
    assert Path(command) == ROOT / "install" / "dynsyn_lab" / "bin" / "dynsyn"
    done = subprocess.run([command, "doctor"], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
