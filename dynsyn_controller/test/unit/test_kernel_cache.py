"""Numba's on-disk cache among several processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

KERNEL = """
import sys
import numpy as np
from dynsyn_controller.core.numba_support import njit

@njit(cache=True)
def size(record):
    return record.a.size

sizes = list(map(int, sys.argv[1:]))
if len(sizes) == 1:
    print("ready", flush=True)
    sys.stdin.read()  # until the test lets all go at once
for n in sizes:
    found = size(np.zeros(1, [("a", float, (n,))])[0])
    assert found == n, f"{found} in place of {n}"
print(sum(size.stats.cache_hits.values()))
"""
PROCESSES = 3


def test_processes_that_compile_at_once_keep_each_others_kernels(tmp_path: Path):
    script = tmp_path / "kernel.py"
    script.write_text(KERNEL)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    sizes = [str(n) for n in range(1, PROCESSES + 1)]

    def start(*arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, str(script), *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    compiling = [start(size) for size in sizes]
    for process in compiling:
        assert process.stdout.readline() == "ready\n"
    for process in compiling:
        process.stdin.close()
    for process in compiling:
        assert process.wait(60) == 0
        process.stdout.close()
    said, _ = start(*sizes).communicate(timeout=60)
    assert said.strip() == str(PROCESSES), "a kernel was lost from the cache"
