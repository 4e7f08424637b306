"""The cache of compiled kernels is only a cache: without it all works, and one line says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults

KERNEL = """
from dynsyn_controller.core.numba_support import njit
@njit(cache=True)
def double(x):
    return 2.0 * x
if __name__ == "__main__":
    print(double(21.0))
"""


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess:
    file = folder / "kernel.py"
    file.write_text(KERNEL)
    return subprocess.run(
        [sys.executable, str(file)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def check(run: subprocess.CompletedProcess, said: str = "") -> None:
    assert run.returncode == 0, run.stderr
    assert run.stdout == "42.0\n"
    lines = [line for line in run.stderr.splitlines() if line.startswith("dynsyn: ")]
    assert len(lines) == bool(said), run.stderr
    if said:
        assert said in lines[0]
        assert "XDG_CACHE_HOME or NUMBA_CACHE_DIR" in lines[0]


@pytest.mark.parametrize(
    "damages",
    [
        [("nbi", None), ("nbc", None)],
        pytest.param(
            [(kind, text) for kind in ("nbi", "nbc") for text in (b"", b"\x80", b"not a cache")],
            marks=pytest.mark.long,
        ),
    ],
    ids=["cut short", "other contents"],
)
def test_a_damaged_cache_file_is_compiled_anew_and_mended(tmp_path, damages):
    """One after the other; None: its first half."""
    cache = tmp_path / "cache"
    check(run(tmp_path, NUMBA_CACHE_DIR=str(cache)))
    for suffix, content in damages:
        (file,) = cache.rglob(f"*.{suffix}")
        good = file.read_bytes()
        damaged = good[: len(good) // 2] if content is None else content
        file.write_bytes(damaged)
        check(run(tmp_path, NUMBA_CACHE_DIR=str(cache)), "is damaged")
    check(run(tmp_path, NUMBA_CACHE_DIR=str(cache)))


def test_a_full_disk_costs_time_alone(tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    script = 'mount -t tmpfs -o size=8k none "$1" || exit 77; exec "$2" "$3"'
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh", str(cache)]
    (tmp_path / "kernel.py").write_text(KERNEL)
    found = subprocess.run(
        [*command, sys.executable, str(tmp_path / "kernel.py")],
        capture_output=True,
        text=True,
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache)},
    )
    if found.returncode in (1, 77) and not found.stdout:
        pytest.skip(f"this machine lets nobody mount: {found.stderr}")
    check(found, "No space left on device")


def test_without_any_folder_kernels_are_kept_in_memory(tmp_path):
    """A file that Numba finds no place for: everything is read-only."""
    script = f"exec(compile({KERNEL!r}, '/proc/nowhere/kernel.py', 'exec'))"
    found = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "HOME": "/proc/nowhere",
            "XDG_CACHE_HOME": "/proc/nowhere",
            "NUMBA_CACHE_DIR": "",
        },
    )
    check(found, "cannot cache function")
