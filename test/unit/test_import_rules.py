"""What the import contracts of pyproject.toml cannot say without naming every module."""

from __future__ import annotations

import grimp

CORE = "dynsyn_controller.core"


def test_core_imports_nothing_else_of_its_package() -> None:
    graph = grimp.build_graph("dynsyn_controller", cache_dir=None)
    modules = {CORE} | graph.find_descendants(CORE)
    assert len(modules) > 5
    upward = {
        (module, imported)
        for module in modules
        for imported in graph.find_modules_directly_imported_by(module)
        if imported != CORE and not imported.startswith(CORE + ".")
    }
    assert not upward
