"""What a text stands for, wherever one is given: command line, launch file, parameter, YAML file.

Numbers are read before YAML can see them, since YAML 1.1 takes 1e-5 (no point) for a text.
"""

from __future__ import annotations

import re

Value = bool | int | float | str | list["Value"]
"""What a text may stand for."""
TRUE = ("true", "yes", "on")
FALSE = ("false", "no", "off")

_COMMA_OUTSIDE_LIST = re.compile(r",(?![^\[]*\])")


def value_of(text: str) -> Value:
    """A truth value, a number or a list such as [64, 64] where `text` is one, else `text` itself.

    Truth values are the words of YAML 1.1, in any case: true, yes, on; false, no, off.
    """
    word = text.strip().lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    if word.startswith("[") and word.endswith("]"):
        parts = text.strip()[1:-1].split(",")
        return [value_of(part.strip()) for part in parts if part.strip()]
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def settings_of(text: str) -> dict[str, Value]:
    """The settings in "name=value, name=value"; an empty text holds none.

    Raises:
        ValueError: an item is not of this form, or a name is given twice; the message says which.
    """
    settings: dict[str, Value] = {}
    for item in _COMMA_OUTSIDE_LIST.split(text):
        if not item.strip():
            continue
        name, _, value = (part.strip() for part in item.partition("="))
        if not (name and value):
            raise ValueError(f"found {item.strip()!r}, expected name=value")
        if name in settings:
            raise ValueError(f"{name} is given twice")
        settings[name] = value_of(value)
    return settings
