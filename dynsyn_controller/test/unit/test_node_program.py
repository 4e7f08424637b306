"""What a node's program says of itself."""

from __future__ import annotations

import sys

import pytest

from dynsyn_controller.node import program
from dynsyn_controller.node.parameters import TABLE


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_lists_every_parameter(monkeypatch, capsys, word):
    monkeypatch.setattr(sys, "argv", ["controller_node", word, "--ros-args", "-r", "__ns:=/a"])
    with pytest.raises(SystemExit) as ended:
        program.controller_node()
    assert not ended.value.code
    told = capsys.readouterr().out
    assert told.startswith("usage: controller_node --ros-args")
    assert all(f"\n  {parameter.name}: " in told for parameter in TABLE)
    assert "realtime_factor: 1   (a number from 0.01 to 100)" in told
