"""Trials of a study, each lived by `dynsyn train` in a process of its own.

A trial goes up to a number of steps and of hours of wall clock. Its run folder goes on where the
study is called again with more of either. What a process used is added up beside the folder: wall
clock, processor time, greatest memory.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dynsyn_controller.lifetime import atomic
from dynsyn_lab.errors import CommandError
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.rollouts.evaluate import evaluate
from dynsyn_lab.training.run_folder import RunFolder

SAVE_EVERY = 50_000
_TURN = 0.2
"""s between looks at whether a process has ended."""
_CALL = "import sys; from dynsyn_lab.cli.main import main; sys.exit(main())"
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Budget:
    """How far each trial goes, over all calls: what comes first.

    Attributes:
        steps: control steps.
        hours: of wall clock.
    """

    steps: int
    hours: float


@dataclass
class Trial:
    """One arm with one seed, and what it has used.

    Attributes:
        arm, seed: which.
        body: that it lives in; empty: the study has but one.
        wall, processor: s, over all calls; start and compilation included.
        memory: MB, the greatest resident set of any call.
        evaluation: what `rollouts.evaluate` says of the lifetime as it stood at `evaluated` steps.
    """

    arm: str
    seed: int
    body: str = ""
    wall: float = 0.0
    processor: float = 0.0
    memory: float = 0.0
    evaluated: int = -1
    evaluation: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Of its run folder."""
        return f"{self.body}-{self.arm}-{self.seed}".lstrip("-")


Words = Callable[[Trial], Sequence[str]]
"""Robot and options of `dynsyn train` for a trial."""


def live_all(
    trials: Iterable[Trial],
    words: Words,
    budget: Budget,
    courses: int,
    work: Path,
    report: Callable[[list[Trial]], object],
) -> None:
    """Train what is missing, one after the other, evaluate, and report after each.

    Args:
        trials: in the order to live them.
        words: of each.
        budget: of each.
        courses: of an evaluation without learning.
        work: folder of the run folders.
        report: is given all trials that have lived.

    Raises:
        CommandError: a process failed; its log is named.
    """
    work.mkdir(parents=True, exist_ok=True)
    with Interrupts() as interrupts:
        for trial in trials:
            if interrupts.requested:
                break
            if goes_on(trial, budget, work):
                spend(trial, words(trial), budget, work, interrupts)
            if not interrupts.requested:
                test(trial, courses, work)
            report(list(known(work)))


def recalled(trial: Trial, work: Path) -> Trial:
    """A trial with what it has used so far."""
    path = work / f"{trial.name}.json"
    return _load(path) if path.exists() else trial


def known(work: Path) -> Iterator[Trial]:
    """Trials that have lived, in the order of their names; not those that failed as they began."""
    for path in sorted(work.glob("*.json")):
        trial = _load(path)
        if lifetime_of(work / trial.name) is not None:
            yield trial


def _load(path: Path) -> Trial:
    return Trial(**json.loads(path.read_text(encoding="utf-8")))


def _keep(trial: Trial, work: Path) -> None:
    atomic.write(work / f"{trial.name}.json", json.dumps(asdict(trial), indent=2) + "\n")


def lifetime_of(folder: Path) -> dict[str, Any] | None:
    """What a run's summary says of its lifetime; None: it has not ended a call yet."""
    path = folder / "summary.json"
    if not path.exists():
        return None
    return json.loads(path.read_text(encoding="utf-8"))["lifetimes"][0]


def goes_on(trial: Trial, budget: Budget, work: Path) -> bool:
    """Whether a trial has not used up its budget."""
    lived = lifetime_of(work / trial.name)
    steps = lived["steps"] if lived else 0
    return steps < budget.steps and trial.wall < budget.hours * 3600.0 - 1.0


def spend(
    trial: Trial, options: Sequence[str], budget: Budget, work: Path, interrupts: Interrupts
) -> None:
    """Train on, and add up what it takes.

    Raises:
        CommandError: the process failed.
    """
    folder, log = work / trial.name, work / f"{trial.name}.log"
    words = ["train", "--resume", str(folder)]
    if not (folder / "run.json").exists():
        words = ["train", *options, "--seed", str(trial.seed)]
        words += ["--out", str(folder), "--save-every", str(SAVE_EVERY)]
    left = budget.hours - trial.wall / 3600.0
    words += ["--steps", str(budget.steps), "--hours", f"{left:.6f}"]
    began = time.monotonic()
    with log.open("a", encoding="utf-8") as file:
        child = subprocess.Popen(
            [sys.executable, "-c", _CALL, *words],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **_ONE_THREAD},
        )
        status, used, memory = _wait(child, interrupts)
    trial.wall += time.monotonic() - began
    trial.processor += used.ru_utime + used.ru_stime
    trial.memory = max(trial.memory, memory)
    _keep(trial, work)
    if status != 0 and not interrupts.requested:  # told while it began, it ends otherwise
        raise CommandError(f"{trial.name}: dynsyn train ended with {status}: see {log}")


def _wait(child: subprocess.Popen, interrupts: Interrupts) -> tuple[int, Any, float]:
    """Exit code of a process, what it has used, and its greatest memory in MB, last looked at.

    An end that is asked for is passed on once. The memory is not `ru_maxrss`, which begins with
    that of the process that starts another.
    """
    told, memory = False, 0.0
    while True:
        memory = max(memory, _memory(child.pid))
        pid, status, used = os.wait4(child.pid, os.WNOHANG)
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            return child.returncode, used, memory
        if interrupts.requested and not told:
            told = True
            child.terminate()
        time.sleep(_TURN)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _memory(pid: int) -> float:
    """Greatest memory of a process so far, MB; 0 where it has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) / 1024.0 if found else 0.0


def test(trial: Trial, courses: int, work: Path) -> None:
    """Evaluate a trial's lifetime as it stands, not learning, unless that has been done."""
    lived = lifetime_of(work / trial.name)
    if lived is None or lived["steps"] == trial.evaluated:
        return
    path = RunFolder(work / trial.name).lifetime(0) / "checkpoint.ckpt"
    trial.evaluation = evaluate(path, courses)
    trial.evaluated = lived["steps"]
    _keep(trial, work)
    print(
        f"{trial.name}: {lived['steps']:,} steps, {trial.processor:.0f} s of processor time, "
        f"return/100 {_shown(lived['return_average'])}, "
        f"frozen {trial.evaluation['mean']:.1f}",
        flush=True,
    )
