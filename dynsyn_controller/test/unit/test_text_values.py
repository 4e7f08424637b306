"""Texts and the values that they stand for, the same wherever one is given."""

from __future__ import annotations

import pytest

from dynsyn_controller.core.text_values import settings_of, value_of


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, True) for word in ("true", "True", "TRUE", "yes", "Yes", "on")),
        *((word, False) for word in ("false", "False", "no", "NO", "off")),
        ("3", 3),
        ("-7", -7),
        ("2_000", 2000),
        ("1", 1),  # a number, not a truth value
        ("1e-5", 1e-5),
        ("3.", 3.0),
        ("linear", "linear"),
        ("none", "none"),
        ("n", "n"),
        ("", ""),
        ("1.2.3", "1.2.3"),
        ("[64, 32]", [64, 32]),
        ("[]", []),
        ("[tanh, 1e-3]", ["tanh", 0.001]),
    ],
)
def test_values(text: str, value: object) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


def test_settings() -> None:
    assert settings_of(" repulsion = True, rate=1e-5,hidden=[8, 4],law=linear, ") == {
        "repulsion": True,
        "rate": 1e-5,
        "hidden": [8, 4],
        "law": "linear",
    }
    assert settings_of(" ") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [("rate", "found 'rate', expected name=value"), ("=1", "found '=1'"), ("a=", "found 'a='"),
     ("a=1,a=2", "a is given twice")],
)  # fmt: skip
def test_what_are_no_settings(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        settings_of(text)
