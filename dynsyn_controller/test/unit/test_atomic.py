"""Files written whole or not at all: what is kept, and what is left when it goes wrong."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from dynsyn_controller.lifetime.atomic import replacing, write


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with content and permissions of its own."""
    path = tmp_path / "life.ckpt"
    path.write_text("old")
    path.chmod(0o640)
    return path


def test_a_text_or_bytes(tmp_path: Path) -> None:
    write(tmp_path / "a.json", "één\n")
    write(str(tmp_path / "b.bin"), b"\x00\xff")
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == "één\n"
    assert (tmp_path / "b.bin").read_bytes() == b"\x00\xff"


def test_permissions_stay(file: Path) -> None:
    write(file, "new")
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_new_file_has_the_permissions_that_any_new_file_has(tmp_path: Path) -> None:
    write(tmp_path / "written", "x")
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "written").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path, exists: bool) -> None:
    (tmp_path / "store").mkdir()
    target, link = tmp_path / "store" / "life.ckpt", tmp_path / "latest.ckpt"
    if exists:
        target.write_text("old")
    link.symlink_to(Path("store") / "life.ckpt")
    write(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert {path.name for path in tmp_path.rglob("*")} == {"store", "life.ckpt", "latest.ckpt"}


def test_what_fails_leaves_the_old_file_and_nothing_else(file: Path) -> None:
    def fail() -> None:
        with replacing(file) as neighbour:
            neighbour.write_text("half of it")
            assert (neighbour.parent, neighbour.suffix) == (file.parent, file.suffix)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert file.read_text() == "old"
    assert os.listdir(file.parent) == [file.name]


def test_the_old_file_is_there_until_the_new_one_is_whole(file: Path) -> None:
    with replacing(file) as neighbour:
        neighbour.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new"


def test_nothing_written_is_an_error(file: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(file):
        pass
    assert file.read_text() == "old"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write(pipe, "through")
    reader.join(10)
    assert read == ["through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
