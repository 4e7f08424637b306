"""Errors of the `dynsyn` command that are shown as one line, without a traceback."""

from __future__ import annotations


def install_extra(name: str) -> str:
    """The command that installs what `requirements/extra-NAME.txt` lists, for error messages."""
    return f".venv/bin/pip install -r requirements/extra-{name}.txt"


class CommandError(Exception):
    """What was asked for could not be done: exit code 1."""


class UsageError(Exception):
    """What was asked for cannot be: exit code 2."""
