"""`dynsyn doctor`: its verdict, and that it is true of this environment."""

from __future__ import annotations

import importlib.metadata

import pytest

from dynsyn_lab.cli import doctor


def test_nothing_required_is_missing_here(capsys) -> None:
    assert doctor.run() == 0
    out = capsys.readouterr().out
    assert "MISSING" not in out
    assert "everything required is there" in out


def test_versions_are_the_installed_ones() -> None:
    findings = {finding.name: finding.found for finding in doctor.examine()}
    assert findings["numba"] == importlib.metadata.version("numba")
    assert findings["middleware"] == "rmw_fastrtps_cpp" or "rmw" in str(findings["middleware"])
    assert "message types" in str(findings["dynsyn_msgs"])


@pytest.mark.parametrize(("required", "code"), [(True, 1), (False, 0)])
def test_only_a_required_thing_missing_fails(monkeypatch, capsys, required, code) -> None:
    absent = doctor.distribution("thing", "no-such-package", "pip install it", required)
    assert absent.found is None
    monkeypatch.setattr(doctor, "examine", lambda: iter([absent]))
    assert doctor.run() == code
    assert "pip install it" in capsys.readouterr().out


def test_a_library_that_does_not_load_counts_as_missing() -> None:
    def broken() -> str:
        raise ImportError("libsomething.so: cannot open shared object file")

    assert doctor.attempt(broken) is None


def test_no_compiler_is_a_required_thing_missing(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = doctor.compiler_finding("C compiler", ("cc", "gcc", "clang"))
    assert finding.found is None
    assert finding.required
    assert "build-essential" in finding.remedy
