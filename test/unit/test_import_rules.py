"""What the import contracts of pyproject.toml cannot say: no circles, nothing that is not there."""

from __future__ import annotations

import ast
import functools
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

PACKAGES = ("dynsyn_controller", "dynsyn_sim_bridge", "dynsyn_lab")
CORE = "dynsyn_controller.core"


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Every import between files, those for type checking and those inside functions included."""
    return grimp.build_graph(*PACKAGES, cache_dir=None, exclude_type_checking_imports=False)


def test_core_imports_nothing_else_of_its_package(graph: grimp.ImportGraph) -> None:
    modules = {CORE} | graph.find_descendants(CORE)
    assert len(modules) > 5
    upward = {
        (module, imported)
        for module in modules
        for imported in graph.find_modules_directly_imported_by(module)
        if imported != CORE and not imported.startswith(CORE + ".")
    }
    assert not upward


def test_files_import_each_other_in_no_circle(graph: grimp.ImportGraph) -> None:
    assert circles(graph) == []


def circles(graph: grimp.ImportGraph) -> list[list[str]]:
    """Groups of modules that import one another, directly or through others."""
    reached = {module: _reached(graph, module) for module in graph.modules}
    groups = {
        tuple(sorted(other for other in reached[module] if module in reached[other]))
        for module in graph.modules
        if module in reached[module]
    }
    return sorted(map(list, groups))


def _reached(graph: grimp.ImportGraph, start: str) -> set[str]:
    """What a module imports, directly or through others."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph.find_modules_directly_imported_by(waiting.pop()) - seen
        seen |= new
        waiting += new
    return seen


def test_a_circle_is_found() -> None:
    graph = grimp.ImportGraph()
    for importer, imported in ("ab", "bc", "cb", "cd", "ea", "fg", "gh", "hf", "bf"):
        for name in (importer, imported):
            graph.add_module(name)
        graph.add_import(importer=importer, imported=imported)
    assert circles(graph) == [["b", "c"], ["f", "g", "h"]]


@functools.cache
def folder_of(package: str) -> Path:
    """Where a package's own folder is."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    return Path(str(spec.origin)).parent


@functools.cache
def file_of(module: str) -> Path | None:
    """The file of a module of the packages, None where there is none."""
    package, *parts = module.split(".")
    place = folder_of(package).joinpath(*parts)
    files = (place / "__init__.py", place.with_suffix(".py"))
    return next((file for file in files if file.is_file()), None)


def own_imports(file: Path) -> Iterator[tuple[str, str]]:
    """Module and name of every import from one of the packages, wherever in the file it is."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
            assert node.level == 0
            for alias in node.names:
                yield str(node.module), alias.name
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in PACKAGES:
                    yield alias.name, ""


@functools.cache
def names_in(file: Path) -> set[str]:
    """What a file defines or imports at its top level, blocks of `if` and `try` included."""
    found: set[str] = set()
    waiting: list[ast.stmt] = list(ast.parse(file.read_text(encoding="utf-8")).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        else:
            waiting += [
                child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)
            ]
            targets = (name for name in ast.walk(node) if isinstance(name, ast.Name))
            found |= {name.id for name in targets if isinstance(name.ctx, ast.Store)}
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_imported_is_there(package: str) -> None:
    """Imports for type checking alone, which nothing ever runs, included."""
    missing = []
    for file in sorted(folder_of(package).rglob("*.py")):
        for module, name in own_imports(file):
            there = file_of(module)
            if there is None:
                missing.append((file.name, module))
            elif name and name not in names_in(there) and file_of(f"{module}.{name}") is None:
                missing.append((file.name, f"{module}: {name}"))
    assert missing == []


@pytest.mark.parametrize("package", PACKAGES)
def test_tests_of_a_package_do_without_what_only_the_workspace_has(package: str) -> None:
    """So that they run in a copy of the package's folder, too."""
    workspace = Path(__file__).parents[1]
    own = workspace.parent / package / "test"
    shared = {file.stem for file in workspace.glob("*.py") if not (own / file.name).exists()}
    assert "oracle" in shared
    files = sorted(own.rglob("test_*.py"))
    assert files
    found = [
        (file.name, name)
        for file in files
        for name in imported_modules(file)
        if name.split(".")[0] in shared
    ]
    assert found == []


def imported_modules(file: Path) -> Iterator[str]:
    """Names of all modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield str(node.module)
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
