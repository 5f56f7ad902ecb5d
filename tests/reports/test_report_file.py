"""Files of pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.errors import ProjectError
from sparkops.reports import write_page


def test_a_page_is_written_without_temporary_files_left(tmp_path: Path) -> None:
    path = write_page("<p>ü</p>", tmp_path / "reports" / "new", "delay-r1")
    assert path.name == "delay-r1.html"
    assert path.read_text("utf-8") == "<p>ü</p>"
    assert [file.name for file in path.parent.iterdir()] == ["delay-r1.html"]


def test_a_page_replaces_the_one_before(tmp_path: Path) -> None:
    write_page("old", tmp_path, "page.html")
    assert write_page("new", tmp_path, "page.html").read_text("utf-8") == "new"


def test_a_page_is_as_readable_as_any_new_file(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    assert write_page("x", tmp_path, "page").stat().st_mode == other.stat().st_mode


def test_an_unpaired_surrogate_is_written_as_its_escape(tmp_path: Path) -> None:
    assert write_page("a\ud800b", tmp_path, "page").read_text("utf-8") == "a\\ud800b"


@pytest.mark.parametrize("name", ["", "..", "a/b", "../page"])
def test_a_name_with_a_folder_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProjectError, match="give a file name without a folder"):
        write_page("x", tmp_path, name)


def test_a_folder_that_cannot_be_created_is_an_error_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError, match=r"page.html` cannot be written: .*set `reports:` in conf/"):
        write_page("x", tmp_path / "file" / "reports", "page")


def test_a_failed_write_keeps_the_old_page_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "page.html").mkdir()
    with pytest.raises(ProjectError, match="cannot be written"):
        write_page("x", tmp_path, "page")
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
