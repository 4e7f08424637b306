"""`dynsyn doctor`: its verdict, and that it is true of this environment."""

from __future__ import annotations

import importlib.metadata
import re

import pytest

from dynsyn_lab.cli import main as cli
from dynsyn_lab.doctor import findings, loading


@pytest.mark.parametrize("words", [[], ["--load"]])
def test_nothing_required_is_missing_here(capsys, words) -> None:
    """And what is said of versions is true."""
    assert cli.main(["doctor", *words]) == 0
    out = capsys.readouterr().out
    assert "MISSING" not in out
    assert "everything required is there" in out
    version = re.escape(importlib.metadata.version("numba"))
    assert re.search(rf"^ok +numba +{version}$", out, re.MULTILINE)
    for loaded in (
        f"Numba compiles +{version}$",
        "middleware loads +.*rmw",
        "dynsyn_msgs loads +.*message types",
    ):
        found = re.search(f"^ok +{loaded}", out, re.MULTILINE)
        assert bool(found) == bool(words), loaded


@pytest.mark.parametrize(("required", "code"), [(True, 1), (False, 0)])
def test_only_a_required_thing_missing_fails(monkeypatch, capsys, required, code) -> None:
    absent = findings.distribution("thing", "no-such-package", "pip install it", required)
    assert absent.found is None
    monkeypatch.setattr(findings, "examine", lambda: iter([absent]))
    assert cli.main(["doctor"]) == code
    assert "pip install it" in capsys.readouterr().out


def test_a_library_that_does_not_load_counts_as_missing() -> None:
    program = "raise ImportError('libsomething.so: cannot open shared object file')"
    finding = loading.loaded("thing", program, "install it")
    assert finding.state == "MISSING"
    assert "libsomething.so: cannot open" in finding.remedy


def test_a_library_that_crashes_counts_as_missing() -> None:
    finding = loading.loaded("thing", "import os; os.abort()", "install it", required=False)
    assert finding.state == "not there"
    assert "exit code -6" in finding.remedy


def test_no_compiler_is_a_required_thing_missing(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = findings.compiler_finding("C compiler", ("cc", "gcc", "clang"))
    assert finding.state == "MISSING"
    assert "build-essential" in finding.remedy


def test_a_package_of_the_workspace_that_is_not_built(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    assert findings.share_folder("dynsyn_msgs") is None
    index = tmp_path / "share/ament_index/resource_index/packages"
    index.mkdir(parents=True)
    (index / "dynsyn_msgs").touch()
    assert findings.share_folder("dynsyn_msgs") == str(tmp_path / "share/dynsyn_msgs")
