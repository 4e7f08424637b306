"""Shipped configuration files are found from a checkout and from an installation."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from dynsyn_controller.robot import config_files
from dynsyn_controller.robot.robot_file import load_robot


def test_found_in_the_checkout():
    path = config_files.config_path("robots/walker.yaml")
    assert path == (Path(__file__).resolve().parents[2] / "config/robots/walker.yaml").resolve()
    assert load_robot(path).name == "walker"


def test_missing_file_is_an_error_that_lists_its_neighbours():
    with pytest.raises(FileNotFoundError, match=r"robots/dog\.yaml; in robots there is .*walker"):
        config_files.config_path("robots/dog.yaml")


@pytest.mark.parametrize("packages", ["lib/python3.11/site-packages", "lib/python3/dist-packages"])
def test_found_in_an_installation(tmp_path: Path, monkeypatch, packages: str):
    """By its place beside the module alone, as nothing need be sourced."""
    monkeypatch.delenv("AMENT_PREFIX_PATH", raising=False)
    module = tmp_path / packages / "dynsyn_controller/robot/config_files.py"
    shared = tmp_path / "share/dynsyn_controller/config/robots/own.yaml"
    for path in (module, shared):
        path.parent.mkdir(parents=True)
    shutil.copy(config_files.__file__, module)
    shared.write_text("name: own\n")
    spec = importlib.util.spec_from_file_location("installed_config_files", module)
    installed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(installed)
    assert installed.config_path("robots/own.yaml") == shared
    with pytest.raises(FileNotFoundError, match=r"there is own\.yaml"):
        installed.config_path("robots/walker.yaml")
