"""Compiled kernels are kept per version of the sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dynsyn_controller
from dynsyn_controller.core.numba_support import compile_cache, njit

PACKAGE = Path(dynsyn_controller.__file__).resolve().parent

CALLED = """
from dynsyn_controller.core.numba_support import njit

@njit(cache=True)
def called(x):
    return {result}
"""
KERNEL = """
from dynsyn_controller.core.numba_support import njit
from dynsyn_controller.called import called

@njit(cache=True)
def kernel(x):
    return called(x) + 0.5
"""
STEP = """
import numba
from dynsyn_controller.kernel import kernel
print(kernel(1.0), numba.config.CACHE_DIR or "-")
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with a copy of the package that has a kernel calling a function of another file."""
    ignored = shutil.ignore_patterns("__pycache__")
    copy = tmp_path / "copy" / "dynsyn_controller"
    shutil.copytree(PACKAGE, copy, ignore=ignored)
    (copy / "called.py").write_text(CALLED.format(result="x"))
    (copy / "kernel.py").write_text(KERNEL)
    return copy


def run(package: Path, environment: dict[str, str]) -> list[str]:
    """Result of the kernel, and Numba's cache folder ("-": its own choice)."""
    said = subprocess.run(
        [sys.executable, "-B", "-c", STEP],
        env={**os.environ, "PYTHONPATH": str(package.parent), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.split()


def test_an_edit_in_an_imported_function_is_not_missed_but_in_a_given_cache_folder(
    package: Path, tmp_path: Path
):
    own = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "NUMBA_CACHE_DIR": ""}
    given = {"XDG_CACHE_HOME": str(tmp_path / "none"), "NUMBA_CACHE_DIR": str(tmp_path / "given")}
    first = run(package, own)
    assert run(package, own) == first
    assert run(package, given) == [first[0], given["NUMBA_CACHE_DIR"]]
    assert first[0] == "1.5"
    assert not (tmp_path / "none").exists(), "a given folder is not respected"
    (package / "called.py").write_text(CALLED.format(result="x + 1.0"))
    result, folder = run(package, own)
    assert result == "2.5"
    assert folder != first[1]
    # the control: Numba alone misses the edit; once it does not, the module can go
    assert run(package, given)[0] == "1.5"


def test_no_place_to_write_is_no_error(package: Path, tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert run(package, {"XDG_CACHE_HOME": str(blocked), "NUMBA_CACHE_DIR": ""}) == ["1.5", "-"]


def test_old_versions_are_forgotten(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    for number in range(compile_cache.KEPT + 3):
        old = tmp_path / "dynsyn" / f"kernels-{number}"
        old.mkdir(parents=True)
        os.utime(old, (number, number))
    compile_cache.use_own_cache()
    left = {path.name for path in (tmp_path / "dynsyn").iterdir()}
    kept = {f"kernels-{number}" for number in range(3, compile_cache.KEPT + 3)}
    assert left == kept | {compile_cache.cache_folder().name}


@njit(inner=True)
def half(x):
    return 0.5 * x


@njit
def quarter(x):
    return half(half(x))


def test_an_inner_kernel_is_for_kernels_alone():
    with pytest.raises(TypeError, match="half: an inner kernel, called from Python; expected"):
        half(1.0)
    assert quarter(1.0) == half.py_func(0.5) == 0.25
    with pytest.raises(TypeError, match="half: an inner kernel"):
        half(1.0)  # also now that it is compiled
