"""A page as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.errors import ProjectError
from sparkops.reports import write


def test_a_page_is_written_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = write("<p>ü</p>", tmp_path / "reports" / "new", "delay-r1")
    assert path.name == "delay-r1.html"
    assert path.read_text("utf-8") == "<p>ü</p>"
    assert [file.name for file in path.parent.iterdir()] == ["delay-r1.html"]


def test_a_page_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    write("old", tmp_path, "page.html")
    assert write("new", tmp_path, "page.html").read_text("utf-8") == "new"


def test_a_page_is_as_readable_as_any_new_file(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    assert write("x", tmp_path, "page").stat().st_mode == other.stat().st_mode


def test_half_a_surrogate_does_not_stop_a_page(tmp_path: Path) -> None:
    assert write("a\ud800b", tmp_path, "page").read_text("utf-8") == "a?b"


@pytest.mark.parametrize("name", ["", "..", "a/b", "../page"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProjectError, match="give a file name without a folder"):
        write("x", tmp_path, name)


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError, match=r"page.html` cannot be written: .*set `reports:` in conf/"):
        write("x", tmp_path / "file" / "reports", "page")


def test_a_failed_write_leaves_the_old_page_and_no_scraps(tmp_path: Path) -> None:
    (tmp_path / "page.html").mkdir()
    with pytest.raises(ProjectError, match="cannot be written"):
        write("x", tmp_path, "page")
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
