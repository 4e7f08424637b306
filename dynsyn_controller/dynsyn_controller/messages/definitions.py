"""Definitions of message types as texts, which a recording carries with its messages."""

from __future__ import annotations

import re
from pathlib import Path

_FIELD = re.compile(r"^\s*([A-Za-z][\w/]*)(?:<=\d+)?(?:\[[^]]*\])?\s+[A-Za-z]\w*", re.MULTILINE)
_PLAIN = {"bool", "byte", "char", "string", "wstring", "float32", "float64"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
_LINE = "=" * 80


def definition(package: str, name: str) -> str:
    """The type's own text and those of all types that it is made of, as `ros2msg` has them.

    Raises:
        OSError: a package, or a definition in it, is not installed.
    """
    own = _text(package, name)
    parts = [own]
    seen = {(package, name)}
    waiting = _used(package, own)
    while waiting:
        key = waiting.pop(0)
        if key in seen:
            continue
        seen.add(key)
        text = _text(*key)
        parts.append(f"{_LINE}\nMSG: {key[0]}/{key[1]}\n{text}")
        waiting += _used(key[0], text)
    return "\n".join(parts)


def _used(package: str, text: str) -> list[tuple[str, str]]:
    """Package and name of the message types that a definition names."""
    found = []
    for kind in _FIELD.findall(re.sub(r"#.*", "", text)):
        if kind not in _PLAIN:
            place, _, name = kind.rpartition("/")
            found.append((place.split("/")[0] or package, name))
    return found


def _text(package: str, name: str) -> str:
    from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

    try:
        folder = Path(get_package_share_directory(package))
    except PackageNotFoundError:
        raise FileNotFoundError(f"package {package} is not installed") from None
    return (folder / "msg" / f"{name}.msg").read_text(encoding="utf-8")
