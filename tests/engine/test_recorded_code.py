"""The code of a run is checked out from its commit, and refused with the reason where that is not possible."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sparkops.engine.operations.comparison.recorded_code import check_out_jobs, require_commit
from sparkops.errors import InputError
from sparkops.runs.records.run import Run


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project in a folder of a git repository, with one commit."""
    root = tmp_path / "repository" / "project"
    (root / "jobs").mkdir(parents=True)
    (root / "jobs" / "sales.py").write_text("first = 1\n")
    git(tmp_path / "repository", "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "First")
    return root


def test_the_jobs_of_the_recorded_commit_are_checked_out_and_removed(root: Path) -> None:
    run = Run(id="r1", job="sales", code={"git": git(root, "rev-parse", "HEAD"), "dirty": None})
    (root / "jobs" / "sales.py").write_text("second = 2\n")
    with check_out_jobs(root, str(root / "jobs"), run) as folder:
        assert (folder / "sales.py").read_text() == "first = 1\n"
        assert folder.parent.name == "project"
    assert not folder.exists()
    assert len(git(root, "worktree", "list").splitlines()) == 1
    assert (root / "jobs" / "sales.py").read_text() == "second = 2\n"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ({}, "was in no git repository"),
        ({"git": "a" * 40, "dirty": "x"}, "had uncommitted changes then"),
        ({"git": "a" * 40, "dirty": None}, "commit aaaaaaaaaa is not in the git repository"),
        ({"git": "--help", "dirty": None}, "is not in the git repository"),
    ],
)
def test_code_that_is_in_no_commit_is_refused(root: Path, code: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=f"Cannot replay run r1 with its recorded code: .*{message}"):
        require_commit(root, Run(id="r1", job="sales", code=code))


def test_jobs_outside_of_the_repository_are_refused(root: Path, tmp_path: Path) -> None:
    run = Run(id="r1", job="sales", code={"git": git(root, "rev-parse", "HEAD"), "dirty": None})
    with (
        pytest.raises(InputError, match="outside of the git repository"),
        check_out_jobs(root, str(tmp_path), run),
    ):
        pass
