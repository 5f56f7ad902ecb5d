"""Where a project stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.config.project import find_root, list_environments
from sparkops.errors import ProjectError


def test_the_nearest_folder_with_conf_and_jobs_is_the_root(tmp_path):
    inner = tmp_path / "jobs" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "conf").mkdir()
    assert find_root(inner) == tmp_path
    assert find_root(tmp_path) == tmp_path


def test_a_missing_project_is_explained(tmp_path):
    with pytest.raises(ProjectError, match=r"a folder with conf/ and jobs/.*sparkops init"):
        find_root(tmp_path)


def test_a_missing_folder_says_so(tmp_path):
    with pytest.raises(ProjectError, match="No folder"):
        find_root(tmp_path / "gone")


def test_a_folder_that_cannot_be_read_says_so(tmp_path, monkeypatch):
    with pytest.raises(ProjectError, match="cannot be read: File name too long"):
        find_root(tmp_path / ("x" * 300))
    monkeypatch.chdir(tmp_path)
    tmp_path.rmdir()
    with pytest.raises(ProjectError, match="cannot be read: No such file"):
        find_root(Path())


def test_a_project_without_conf_says_so(tmp_path):
    with pytest.raises(ProjectError, match=r"No folder .*conf: create it"):
        list_environments(tmp_path)


def test_the_checks_folder_is_not_an_environment(tmp_path):
    for name in ("base", "checks", "prod", "local", ".git"):
        (tmp_path / "conf" / name).mkdir(parents=True)
    assert list_environments(tmp_path) == ("base", "local", "prod")
