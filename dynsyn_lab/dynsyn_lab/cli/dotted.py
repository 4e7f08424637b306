"""Options `--PREFIX.KEY VALUE` whose keys only the command itself can know."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

_WORDS = {"true": True, "false": False}


def accept_dotted(parser: argparse.ArgumentParser, prefixes: tuple[str, ...]) -> None:
    """Make `parser` take --PREFIX.KEY VALUE and --PREFIX.KEY=VALUE for any key.

    They are found in the namespace as `dotted`: prefix -> key -> value.
    """
    understand = parser.parse_known_args

    def parse_known_args(
        args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        dotted, others = _take_out(parser, prefixes, list(args or ()))
        found, unknown = understand(others, namespace)
        found.dotted = dotted
        return found, unknown

    parser.parse_known_args = parse_known_args  # what argparse calls for a subcommand


def _take_out(
    parser: argparse.ArgumentParser, prefixes: tuple[str, ...], args: list[str]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    dotted: dict[str, dict[str, Any]] = {prefix: {} for prefix in prefixes}
    others = []
    rest = iter(args)
    for argument in rest:
        prefix, point, key = argument.removeprefix("--").partition(".")
        if not (argument.startswith("--") and point and prefix in dotted):
            others.append(argument)
            continue
        key, given, value = key.partition("=")
        text = value if given else next(rest, None)
        if text is None:
            parser.error(f"argument --{prefix}.{key}: expected a value")
        if key in dotted[prefix]:
            parser.error(f"argument --{prefix}.{key}: given twice")
        dotted[prefix][key] = read_value(text)
    return dotted, others


def read_value(text: str) -> Any:
    """A number, true or false, or a list of them ([64, 64]) where `text` is one, else the text."""
    if text.startswith("[") and text.endswith("]"):
        return [read_value(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text
