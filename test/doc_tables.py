"""Tables of the documentation, as rows of cells by column."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def tables(page: Path) -> list[list[dict[str, str]]]:
    """Every table of a Markdown page: its rows, each a mapping from column to cell.

    A column without a name is called by its number, from 0.

    Raises:
        ValueError: a row has more or fewer cells than its table has columns.
    """
    found: list[list[dict[str, str]]] = []
    lines = page.read_text().splitlines()
    for number, line in enumerate(lines):
        if re.fullmatch(r"\|[-:| ]+\|", line):
            names = [name or str(i) for i, name in enumerate(_cells(lines[number - 1]))]
            rows = []
            for row in lines[number + 1 :]:
                if not row.startswith("|"):
                    break
                rows.append(dict(zip(names, _cells(row), strict=True)))
            found.append(rows)
    return found


def table(page: Path, *columns: str) -> dict[str, dict[str, str]]:
    """The rows of all tables whose first columns are `columns`, by their first cell.

    The first cell may hold one name in backticks or without.

    Raises:
        ValueError: there is no such table, or a name has two rows.
    """
    rows: dict[str, dict[str, str]] = {}
    for candidate in tables(page):
        if tuple(candidate[0])[: len(columns)] == columns:
            for row in candidate:
                name = row[columns[0]].strip("`")
                if name in rows:
                    raise ValueError(f"{page.name}: {name} has two rows")
                rows[name] = row
    if not rows:
        raise ValueError(f"{page.name}: no table with columns {', '.join(columns)}")
    return rows


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]
