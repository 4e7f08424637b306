"""Errors of the `dynsyn` command that are shown as one line, without a traceback."""

from __future__ import annotations


class CommandError(Exception):
    """What was asked for could not be done: exit code 1."""


class UsageError(Exception):
    """What was asked for cannot be: exit code 2."""
