"""Who trains the points of a sweep: processes of this machine, or a Ray cluster."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from typing import Any

from dynsyn_lab import workers as processes
from dynsyn_lab.errors import CommandError, install_extra
from dynsyn_lab.interrupts import Interrupts
from dynsyn_lab.sweeps.point import Job, Result, train_point

LOOK = 0.2
"""s between looks at the processes."""
_KILL_AFTER = 60.0


def run_locally(jobs: Sequence[Job], workers: int, interrupts: Interrupts) -> Iterator[Result]:
    """Train points, `workers` at once, each in a process of its own; yields them as they end.

    When an end is asked for, the ones at work are told so, save, and are yielded; others are not.
    The processes end with this one, however it ends.
    """
    waiting = list(jobs)
    working: list[Any] = []
    told = False
    try:
        while waiting or working:
            while waiting and len(working) < workers and not interrupts.requested:
                working.append(PointProcess(waiting.pop(0)))
            if interrupts.requested and not told:
                told = True
                waiting.clear()
                for process in working:
                    process.stop()
            ended = [process for process in working if process.ended]
            for process in ended:
                working.remove(process)
                yield process.result()
            if working and not ended:
                time.sleep(LOOK)
    finally:
        for process in working:
            process.stop()
        for process in working:
            process.join()


class PointProcess:
    """A process that trains one point."""

    def __init__(self, job: Job) -> None:
        self._job, self._told = job, False
        context = processes.context()
        self._answer, other = context.Pipe(duplex=False)
        self._process = context.Process(target=_serve, args=(job, other))
        self._process.start()
        other.close()

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return not self._process.is_alive()

    def stop(self) -> None:
        """Ask it to save and end."""
        self._told = True
        self._process.terminate()

    def join(self) -> None:
        """Wait for its end; what hangs is killed (its last save is whole)."""
        self._process.join(_KILL_AFTER)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def result(self) -> Result:
        """How the point ended."""
        code = self._process.exitcode
        with self._answer:
            if self._answer.poll():
                with contextlib.suppress(EOFError):
                    return self._answer.recv()
        if self._told and code == -signal.SIGTERM:  # told before it had begun
            return Result(self._job.number)
        return Result(self._job.number, f"ended with exit code {code}")


def _serve(job: Job, answer: Connection) -> None:
    """Train a point in this process, which ends with the one that runs the sweep."""
    threading.Thread(target=_end_with_sweep, daemon=True).start()
    answer.send(train_point(job))


def _end_with_sweep() -> None:
    sweep = parent_process()
    assert sweep is not None
    sweep.join()
    os.kill(os.getpid(), signal.SIGTERM)  # which saves


def run_on_ray(
    jobs: Sequence[Job], address: str, workers: int | None, interrupts: Interrupts
) -> Iterator[Result]:
    """Train points on a Ray cluster; yields them as they end.

    The sweep's folder must be on a file system that all nodes share, under the same path.

    Args:
        jobs: to train.
        address: of the cluster: "auto", "HOST:PORT", "ray://HOST:PORT"; "local": start one here.
        workers: most points at once; None: as many as the cluster has processors.
        interrupts: request to stop.

    Raises:
        CommandError: Ray is not installed, no cluster answers, or the folder is not shared.
    """
    ray = _connect(address)
    try:
        remote = ray.remote(num_cpus=1, max_retries=0)(train_point)
        most = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        waiting = list(jobs)
        working: dict[Any, Any] = {}
        told = False
        while waiting or working:
            while waiting and len(working) < most and not interrupts.requested:
                job = waiting.pop(0)
                working[remote.remote(job)] = job
            if interrupts.requested and not told:
                told = True
                waiting.clear()
                for reference in working:
                    ray.cancel(reference)  # SIGINT to its process, where the point then saves
            done = ray.wait(list(working), timeout=LOOK)[0] if working else []
            for reference in done:
                yield _fetch(ray, reference, working.pop(reference))
    finally:
        ray.shutdown()


def _connect(address: str) -> Any:
    try:
        import ray
    except ImportError:
        raise CommandError(f"--ray: Ray is not installed: {install_extra('ray')}") from None
    _check_reachable(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise CommandError(f"--ray {address}: {reason[0] if reason else error!r}") from None
    return ray


def _check_reachable(address: str) -> None:
    """See that something listens at HOST:PORT: Ray itself would wait for minutes, then abort.

    Raises:
        CommandError: nothing does.
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not (colon and port.isdecimal()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10.0).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CommandError(f"--ray {address}: no cluster answers: {reason}") from None


def _fetch(ray: Any, reference: Any, job: Job) -> Result:
    try:
        result = ray.get(reference)
    except Exception as error:
        result = Result(job.number, f"Ray: {str(error).strip().splitlines()[0]}")
    if not result.error and not (job.folder / "run.json").exists():
        raise CommandError(
            f"{job.folder} is not here although its point is done: --out must name a folder on a "
            "file system that all nodes of the cluster share"
        )
    return result
