"""Options `--PREFIX.KEY VALUE` whose keys only the command itself can know."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from dynsyn_controller.core.text_values import value_of


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

    # what argparse calls for a subcommand
    parser.parse_known_args = parse_known_args  # type: ignore[method-assign,assignment]


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
        dotted[prefix][key] = value_of(text)
    return dotted, others
