"""The hash of the work of a run: what changes it, and what does not."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sparkops.core.place import Place
from sparkops.pipeline.job import Job
from sparkops.pipeline.json_values.tables import pin_from_json, pin_to_json
from sparkops.pipeline.table import Pin
from sparkops.runs.fingerprint import RunInputs, compute_fingerprint, describe_changes, describe_code

JOB = Job(name="clean", function=lambda: None, doc="", place=Place(__file__, 3), kind="table")
DELTA = Pin(table="orders", kind="delta", location="/w/orders", version=3, identity="abc", schema_hash="def")
SOURCE = Pin(
    table="raw",
    kind="source",
    location="/d/raw",
    version=None,
    identity="abc",
    schema_hash="d",
    options_hash="o1",
)


def hash_of(*pins: Pin, settings: dict[str, Any] | None = None) -> str:
    inputs = RunInputs(pins=pins, settings=settings or {})
    return compute_fingerprint(JOB, source="s", params={}, inputs=inputs, suites={})


def test_a_source_that_is_read_with_other_options_is_other_work() -> None:
    assert hash_of(DELTA, SOURCE) == hash_of(SOURCE, DELTA)
    assert hash_of(DELTA, SOURCE) != hash_of(DELTA, replace(SOURCE, options_hash="o2"))
    assert hash_of(SOURCE) != hash_of(replace(SOURCE, options_hash=""))


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("spark.sql.session.timeZone", True),
        ("spark.sql.ansi.enabled", True),
        ("spark.sql.legacy.timeParserPolicy", True),
        ("spark.driver.memory", False),
        ("spark.sql.shuffle.partitions", False),
        ("spark.hadoop.fs.s3a.endpoint", False),
    ],
)
def test_settings_of_spark_that_change_values_are_part_of_the_work(key: str, changes: bool) -> None:
    hashes = {hash_of(DELTA, settings={"spark": {"conf": {key: value}}}) for value in ("a", "b")}
    assert len(hashes) == (2 if changes else 1)
    if not changes:
        assert hashes == {hash_of(DELTA)}
    assert hash_of(DELTA, settings={"spark": None}) == hash_of(DELTA)


def test_the_record_keeps_how_a_source_was_read() -> None:
    assert pin_from_json("raw", pin_to_json(SOURCE)) == SOURCE
    assert "options_hash" not in pin_to_json(DELTA)


def git(root: Path, *arguments: str) -> None:
    command = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a project in a folder of a git repository with one commit."""
    root = tmp_path / "project"
    (root / "jobs").mkdir(parents=True)
    (root / "jobs" / "clean.py").write_text("first = 1\n")
    (tmp_path / ".gitignore").write_text("scratch.py\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "First")
    return root


def find_changes(root: Path) -> str | None:
    return describe_code(JOB, root)["dirty"]


def test_untracked_modules_are_uncommitted_changes(repository: Path) -> None:
    assert find_changes(repository) is None
    for name in ("notes.txt", "jobs/scratch.py"):
        (repository / name).write_text("is ignored")
    assert find_changes(repository) is None
    (repository / "jobs" / "helper.py").write_text("RATE = 1\n")
    hashes = [find_changes(repository)]
    (repository / "jobs" / "helper.py").write_text("RATE = 2\n")
    hashes.append(find_changes(repository))
    # Beside the project, in the same repository, with a name that git would quote.
    (repository.parent / "ümlaut x.py").write_text("")
    hashes.append(find_changes(repository))
    (repository / "jobs" / "clean.py").write_text("second = 2\n")
    hashes.append(find_changes(repository))
    assert len(set(hashes)) == len(hashes) == 4
    assert None not in hashes


def test_changes_in_another_encoding_are_changes(repository: Path) -> None:
    (repository / "jobs" / "clean.py").write_bytes(b"# caf\xe9\nfirst = 1\n")
    assert find_changes(repository) not in (None, "unknown")


@pytest.mark.parametrize("failing", ["diff", "ls-files"])
def test_it_is_unknown_whether_there_are_changes_where_git_fails(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    script = f'#!/bin/sh\ncase "$*" in *{failing}*) exit 1;; esac\nPATH={os.environ["PATH"]} exec git "$@"\n'
    (folder / "git").write_text(script)
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    assert find_changes(repository) == "unknown"


def test_without_a_repository_there_is_no_commit(tmp_path: Path) -> None:
    assert describe_code(JOB, tmp_path).keys() == {"place", "source"}


@pytest.mark.parametrize(
    ("dirty", "text"),
    [
        (None, ""),
        ("3f2c", " with uncommitted changes"),
        ("unknown", ", perhaps with uncommitted changes"),
    ],
)
def test_changes_are_named_with_a_commit(dirty: str | None, text: str) -> None:
    assert describe_changes({"git": "a", "dirty": dirty}) == text
