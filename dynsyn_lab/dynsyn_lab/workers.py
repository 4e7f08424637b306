"""Processes that share a work: forks of one that has imported what all of them need."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext

_IMPORTED = [
    "dynsyn_lab.own_session",
    "dynsyn_lab.rollouts.rollout",
    "dynsyn_lab.training.backends.in_process",
]


def context() -> ForkServerContext:
    """Makes such processes, by `Process` and `Pool`.

    They are no forks of this process, whose simulators and compiled code may have threads. A clean
    one starts with the first of them, imports for all, and ends with this process. Neither Ctrl-C
    nor a closed terminal reaches them: who asks for their work passes on what it must.
    """
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(_IMPORTED)
    return made
