"""Files of the state are this user's, and no link leads a write to another file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sparkops.core.private_file import make_private_folder, open_private

FLAGS = os.O_RDWR | os.O_CREAT


def test_a_new_file_and_folder_are_readable_by_their_user_only(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a/b")
    os.close(open_private(tmp_path / "a/b/file", FLAGS))
    assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a/b/file").stat().st_mode) == 0o600
    make_private_folder(tmp_path / "a/b")


@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "folder"])
def test_what_is_no_regular_file_is_refused(tmp_path: Path, kind: str) -> None:
    path, target = tmp_path / "file", tmp_path / "target"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(target)
    if kind == "link":
        target.write_text("data of another")
    with pytest.raises(OSError, match=r"symbolic link|regular file|Is a directory"):
        open_private(path, FLAGS | os.O_TRUNC)
    assert not target.exists() or target.read_text() == "data of another"
