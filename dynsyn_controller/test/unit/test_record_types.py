"""Kernels over records, some cached and some compiled now, must not mix their layouts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Two functions that stay apart after inlining, over a record whose size is an argument.
KERNELS = """
import math, sys
import numpy as np
{setup}
from numba import njit

@njit(cache=True)
def inner(s, k):
    t = 0.0
    for i in range(s.a.size):
        t += math.sin(s.a[i] * 0) + s.a[i] + k * 0
    for i in range(s.b.size):
        t += math.exp(s.b[i] * 0) * 1000 * s.b[i]
    for i in range(s.c.size):
        t += math.log(1 + s.c[i] * 0) + 10 * s.c[i]
    if t < 0:
        t += math.cos(t) + math.tan(t) + math.atan(t)
    return t

@njit(cache=True)
def outer(states, index):
    x = 0.0
    for k in range(index + 1):
        x += inner(states[index], k)
    if x > 1e9:
        x += inner(states[index], 2) + inner(states[index], 4)
    if x < 0:
        x += inner(states[index], 3) * inner(states[index], 7)
    return x

for n in map(int, sys.argv[1:]):
    fields = [("a", float, (n,)), ("b", float, (n,)), ("c", float, (2 * n + 1,))]
    states = np.zeros(1, np.dtype(fields, align=True))
    states["a"] = states["b"] = 1
    print(n, "right" if outer(states, 0) == 1001 * n else "wrong")
"""


def results(folder: Path, setup: str) -> str:
    """What two processes say: the second compiles one size and loads the other from the cache."""
    script = folder / "kernels.py"
    script.write_text(KERNELS.format(setup=setup))
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache")}
    said = ""
    for sizes in (["3"], ["5", "3"]):
        run = subprocess.run(
            [sys.executable, str(script), *sizes], env=environment, capture_output=True, text=True
        )
        said += run.stdout
    return said


def test_cached_and_fresh_kernels_keep_to_their_own_layout(tmp_path: Path):
    assert (
        results(tmp_path, "import dynsyn_controller.core.numba_support")
        == "3 right\n5 right\n3 right\n"
    )


@pytest.mark.long
def test_the_danger_is_real(tmp_path: Path):
    """The control: fails once Numba itself names records by layout; then the module can go."""
    assert results(tmp_path, "") != "3 right\n5 right\n3 right\n"
