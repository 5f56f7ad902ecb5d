"""Atomic writes of files."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkops.core.atomic_file import create_file, replace_file, temporary_beside


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_replaced_and_its_folder_created(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "new" / "plan.json"
    replace_file(path, "first", durable=durable)
    replace_file(path, "sécond".encode(), durable=durable)
    assert path.read_text("utf-8") == "sécond"
    assert names(path.parent) == ["plan.json"], "no temporary file is left"


def test_a_failed_write_leaves_the_previous_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    replace_file(path, "before", durable=False)
    with pytest.raises(UnicodeEncodeError):
        replace_file(path, "\ud800", durable=False)
    assert path.read_text("utf-8") == "before"
    assert names(tmp_path) == ["page.html"]


def test_a_file_with_the_longest_name_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / ("ß" * 120 + ".json")
    replace_file(path, "content", durable=False)
    assert path.read_text("utf-8") == "content"


def test_an_existing_file_is_not_created_again(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    create_file(path, "first", durable=True)
    with pytest.raises(FileExistsError):
        create_file(path, "second", durable=True)
    assert path.read_text("utf-8") == "first"
    assert names(tmp_path) == ["key.json"]


def test_only_one_of_several_threads_creates_a_file(tmp_path: Path) -> None:
    path, winners, start = tmp_path / "key.json", [], threading.Barrier(8)

    def create(number: int) -> None:
        start.wait()
        try:
            create_file(path, str(number), durable=False)
        except FileExistsError:
            return
        winners.append(str(number))

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert winners == [path.read_text("utf-8")]


def test_what_is_left_at_a_temporary_path_is_removed(tmp_path: Path) -> None:
    with temporary_beside(tmp_path / "archive.jsa") as temporary:
        temporary.write_text("half")
    assert names(tmp_path) == []


@pytest.fixture
def no_umask() -> Iterator[None]:
    """Create files as a process does whose umask denies nothing."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("no_umask")
def test_no_umask_lets_others_write(tmp_path: Path) -> None:
    replace_file(tmp_path / "a/b/page.html", "x", durable=False)
    create_file(tmp_path / "a/c/key", "x", durable=False)
    replace_file(tmp_path / "a/d/e/state.json", "x", durable=True, private=True)
    modes = {
        path.relative_to(tmp_path).as_posix(): oct(path.stat().st_mode & 0o777)
        for path in tmp_path.rglob("*")
    }
    assert modes == {
        "a": "0o775", "a/b": "0o775", "a/b/page.html": "0o664", "a/c": "0o775", "a/c/key": "0o664",
        "a/d": "0o775", "a/d/e": "0o700", "a/d/e/state.json": "0o600",
    }  # fmt: skip
