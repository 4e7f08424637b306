"""Commands and imports that the documentation shows exist."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest
from doc_tables import ROOT

from dynsyn_lab.cli.main import build_parser

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("results/**/*.md")])


def code(page: Path) -> list[str]:
    """The code blocks of a page, fenced or indented; a line that ends in a backslash goes on."""
    text = re.sub(r"\\\n\s*", "", page.read_text())
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [*fenced, *re.findall(r"^    \S.*$", text, re.MULTILINE)]


def commands(first: str) -> list[tuple[str, str]]:
    """Page and command line of every command in a code block that begins with `first`."""
    return [
        (str(page.relative_to(ROOT)), line.strip().partition(" # ")[0])
        for page in PAGES
        for block in code(page)
        for line in block.splitlines()
        if line.strip().startswith(first)
    ]


@pytest.mark.parametrize(("page", "line"), commands("dynsyn "))
def test_a_dynsyn_command_of_a_page_is_understood(page: str, line: str):
    assert callable(build_parser().parse_args(shlex.split(line)[1:]).run)


def python_blocks() -> list[tuple[str, str]]:
    """Page and text of every block of Python, but for the pages that tests of their own execute."""
    return [
        (str(page.relative_to(ROOT)), text)
        for page in PAGES
        if not page.name.startswith("extending-")
        for text in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    ]


@pytest.mark.parametrize(("page", "text"), python_blocks())
def test_what_a_block_of_python_imports_is_there(page: str, text: str):
    imports = [node for node in ast.parse(text).body if isinstance(node, ast.ImportFrom)]
    assert imports
    for node in imports:
        exec(ast.unparse(node), {})


def test_commands_and_blocks_are_found():
    """The tests above look at something."""
    assert len(commands("dynsyn ")) > 30
    assert python_blocks()
