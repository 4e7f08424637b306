"""Networks and learners by name: shipped ones, those of installed packages, and single files.

A name is one of this package's, one of an installed package's entry points (`dynsyn.networks`,
`dynsyn.learners`), or `path/to/file.py:Class`.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.util
import re
import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from dynsyn_controller.core.schema import SchemaError

FILE_MODULE = "dynsyn_extension_"
"""Begin of the names of modules that are single files; a hash of the file ends them."""

_FILE = re.compile(r"(?P<path>.+\.py):(?P<name>[A-Za-z_][A-Za-z0-9_]*)\Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


class Registry:
    """Classes of one kind by name.

    Args:
        kind: "network" or "learner"; the section of the robot file.
        base: class that all are derived from.
        shipped: name -> "module:Class"; imported only where it is asked for.
    """

    def __init__(self, kind: str, base: type, shipped: dict[str, str]) -> None:
        self.kind, self.group = kind, f"dynsyn.{kind}s"
        self._base, self._shipped = base, shipped

    @property
    def names(self) -> tuple[str, ...]:
        """Of the shipped ones and of those that installed packages bring."""
        return (*self._shipped, *sorted(set(self._installed()) - set(self._shipped)))

    def __contains__(self, name: str) -> bool:
        """Whether a class has this name; for one of the shipped no package is searched."""
        return name in self._shipped or name in self._installed()

    def find(self, name: str) -> type[Any]:
        """The class of this name.

        Raises:
            SchemaError: there is none, it cannot be imported, or it is not of this kind.
        """
        where = f"{self.kind}.type"
        file = _FILE.match(name)
        if file:
            return self._checked(load_class(file["path"], file["name"], where), name)
        if name in self._shipped:
            module, _, attribute = self._shipped[name].partition(":")
            return getattr(importlib.import_module(module), attribute)
        installed = self._installed().get(name)
        if installed is None:
            raise SchemaError(where, self._unknown(name))
        try:
            found = installed.load()
        except (ImportError, AttributeError) as error:
            raise SchemaError(where, f"{name} ({installed.value}): {_one_line(error)}") from None
        return self._checked(found, name)

    def full_name(self, name: str) -> str:
        """`name` as it can be found from any folder: with the absolute path of a single file."""
        file = _FILE.match(name)
        if not file:
            return name
        return f"{Path(file['path']).expanduser().resolve()}:{file['name']}"

    def _installed(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.group)}

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"found {name!r}, expected one of {', '.join(self.names)} or FILE.py:Class{hint}"

    def _checked(self, found: object, name: str) -> type[Any]:
        if not (isinstance(found, type) and issubclass(found, self._base)):
            raise SchemaError(
                f"{self.kind}.type",
                f"{name}: expected a class derived from {self._base.__module__}."
                f"{self._base.__name__}",
            )
        own = getattr(found, "name", None)
        if not (isinstance(own, str) and _NAME.match(own)):
            raise SchemaError(
                f"{self.kind}.type",
                f"{name}: its attribute name: found {own!r}, expected letters, digits and "
                "underscores",
            )
        return found


def load_class(path: str, name: str, where: str) -> object:
    """An attribute of a Python file, which is imported once.

    Its module is named after its contents, so that files of one name do not get mixed up, and the
    cache on disk, which knows modules by name, holds for the file wherever it is moved to.

    Args:
        path: of the file; "~" and relative paths will do.
        name: of the attribute.
        where: key for errors.

    Raises:
        SchemaError: the file cannot be read or imported, or has no such attribute.
    """
    file = Path(path).expanduser().resolve()
    try:
        text = file.read_bytes()
    except OSError as error:
        raise SchemaError(where, f"{file}: cannot be read: {error.strerror}") from None
    digest = hashlib.sha256(text).hexdigest()[:16]
    title = f"{FILE_MODULE}{file.stem}_{digest}"
    module = sys.modules.get(title)
    if module is None:
        spec = importlib.util.spec_from_file_location(title, file)
        assert spec is not None  # it is a file of Python
        module = importlib.util.module_from_spec(spec)
        sys.modules[title] = module
        try:
            # what was hashed, and not what a .pyc of the same second may hold
            exec(compile(text, str(file), "exec"), module.__dict__)
        except Exception as error:
            del sys.modules[title]
            raise SchemaError(
                where, f"{file}: cannot be imported: {type(error).__name__}: {_one_line(error)}"
            ) from None
    if not hasattr(module, name):
        raise SchemaError(where, f"{file}: there is no {name} in it")
    return getattr(module, name)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
