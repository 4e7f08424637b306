"""Lays out the sources of the documentation site in build/site_source, for mkdocs.yml.

The workspace's own files keep their places, so that their links hold, and every module of the
packages gets a page of its reference.
"""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build" / "site_source"
PACKAGES = ("dynsyn_controller", "dynsyn_sim_bridge", "dynsyn_lab")
FOLDERS = (
    "config",
    "docs",
    "dynsyn_msgs",
    "examples",
    "launch",
    "requirements",
    "results",
    *PACKAGES,
)
KINDS = {
    ".csv",
    ".gif",
    ".json",
    ".md",
    ".msg",
    ".png",
    ".py",
    ".srv",
    ".svg",
    ".txt",
    ".yaml",
    ".xml",
}


def pages() -> list[Path]:
    """Files that are shown or linked to, relative to the workspace."""
    found = [*ROOT.glob("*.md"), ROOT / "LICENSE", ROOT / "Makefile"]
    for folder in FOLDERS:
        found += [path for path in (ROOT / folder).rglob("*") if path.suffix in KINDS]
    return [path.relative_to(ROOT) for path in found if "__pycache__" not in path.parts]


def modules(package: str) -> list[str]:
    """Dotted names of a package's modules."""
    folder = ROOT / package
    names = (
        path.relative_to(folder).with_suffix("").parts
        for path in folder.rglob(f"{package}/**/*.py")
    )
    return sorted(".".join(part for part in parts if part != "__init__") for parts in names)


def main() -> None:
    """Write all of it anew."""
    shutil.rmtree(TARGET, ignore_errors=True)
    for path in pages():
        (TARGET / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, TARGET / path)
    reference = TARGET / "reference"
    reference.mkdir()
    lines = ["# Reference", "", "From the docstrings of every module."]
    for package in PACKAGES:
        lines += ["", f"## {package}", ""]
        for name in modules(package):
            (reference / f"{name}.md").write_text(f"::: {name}\n")
            lines.append(f"- [{name}]({name}.md)")
    (reference / "index.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
