"""Types of command-line arguments."""

from __future__ import annotations

import argparse
import math


def count(text: str) -> int:
    """A whole number, 1 or more; underscores and exponents will do: 2_000_000, 2e6."""
    return _at_least(text, 1)


def whole(text: str) -> int:
    """A whole number, 0 or more."""
    return _at_least(text, 0)


def positive(text: str) -> float:
    """A finite number above 0."""
    value = _number(text)
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"found {text}, expected a number above 0")
    return value


def _at_least(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        number = _number(text)
        if not number.is_integer():
            raise argparse.ArgumentTypeError(f"found {text}, expected a whole number") from None
        value = int(number)
    if value < least:
        raise argparse.ArgumentTypeError(f"found {text}, expected {least} or more")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number") from None
