"""Which recordings are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcap.writer import Writer

from dynsyn_controller.node.recording import VERSION
from dynsyn_lab.errors import CommandError
from dynsyn_lab.hardware.tapes import Reader


def recording(path: Path, version: int) -> Path:
    """A file that holds no message, and says this version."""
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2", library="test")
        writer.add_metadata("dynsyn", {"version": str(version)})
        writer.finish()
    return path


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_recordings_of_all_versions_up_to_the_nodes_are_read(tmp_path, version):
    reader = Reader(recording(tmp_path / "x.mcap", version))
    assert reader.about["version"] == version
    assert list(reader.messages()) == []


@pytest.mark.parametrize("version", [0, VERSION + 1])
def test_recordings_of_no_version_that_is_known_are_refused(tmp_path, version):
    with pytest.raises(CommandError, match="no recording of a controller"):
        Reader(recording(tmp_path / "x.mcap", version))
