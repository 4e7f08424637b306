"""What a text stands for, wherever one is given: command line, launch file, parameter, YAML file.

Numbers are read before YAML can see them, since YAML 1.1 takes 1e-5 (no point) for a text.
"""

from __future__ import annotations

TRUE = ("true", "yes", "on")
FALSE = ("false", "no", "off")


def value_of(text: str) -> bool | int | float | str:
    """A truth value, a whole number or a number where `text` is one, else `text` itself.

    Truth values are the words of YAML 1.1, in any case: true, yes, on; false, no, off.
    """
    word = text.strip().lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def settings_of(text: str) -> dict[str, bool | int | float | str]:
    """The settings in "name=value, name=value"; an empty text holds none.

    Raises:
        ValueError: an item is not of this form, or a name is given twice; the message says which.
    """
    settings: dict[str, bool | int | float | str] = {}
    for item in text.split(","):
        if not item.strip():
            continue
        name, _, value = (part.strip() for part in item.partition("="))
        if not (name and value):
            raise ValueError(f"found {item.strip()!r}, expected name=value")
        if name in settings:
            raise ValueError(f"{name} is given twice")
        settings[name] = value_of(value)
    return settings
