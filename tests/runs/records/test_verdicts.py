"""Verdicts belong to a version of a table and a text of its suite; a file that is no such verdict is ignored."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from sparkops.pipeline.table import Pin
from sparkops.runs.records.verdicts import VerdictStore, VersionVerdict

PIN = Pin(table="orders", kind="delta", location="/w", version=3, identity="id", schema_hash="")
FILES = Pin(
    table="raw", kind="source", location="/d", version=None, identity="f1", schema_hash="", options_hash="o1"
)
VERDICT = VersionVerdict(
    table="orders", version=3, suite="s1", failed=False, results=({"success": True, "samples": ["hunter2"]},),
    summary="1 check: 1 passed", run="r1", time="2024-01-01T00:00:00+00:00",
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> VerdictStore:
    return VerdictStore(tmp_path / "verdicts")


def test_a_verdict_is_found_for_its_version_and_suite_only(store: VerdictStore) -> None:
    assert store.find(PIN, "s1") is None
    store.save(PIN, VERDICT)
    assert store.find(PIN, "s1") == VERDICT
    assert store.find(replace(PIN, location="/moved", schema_hash="x"), "s1") == VERDICT
    for pin, suite in (
        (PIN, "s2"),
        (replace(PIN, version=4), "s1"),
        (replace(PIN, identity="created-again"), "s1"),
        (replace(PIN, table="other"), "s1"),
    ):
        assert store.find(pin, suite) is None


def test_files_without_versions_have_a_verdict_until_they_change(store: VerdictStore) -> None:
    verdict = replace(VERDICT, table="raw", version=None)
    store.save(FILES, verdict)
    assert store.find(FILES, "s1") == verdict
    assert store.find(replace(FILES, identity="f2"), "s1") is None
    assert store.find(replace(FILES, options_hash="o2"), "s1") is None


def test_a_later_verdict_replaces_an_earlier_one(store: VerdictStore) -> None:
    store.save(PIN, VERDICT)
    store.save(PIN, replace(VERDICT, failed=True))
    assert store.find(PIN, "s1") == replace(VERDICT, failed=True)


def test_a_file_is_private_and_shows_no_secrets(tmp_path: Path) -> None:
    store = VerdictStore(tmp_path / "verdicts", ("hunter2",))
    store.save(PIN, VERDICT)
    (file,) = store.folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert "hunter2" not in file.read_text()


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2}, {"table": "other"}, {"version": 4}, {"suite": "s2"}, {"failed": "no"}, {"results": {}},
        {"results": ["x"]}, {"summary": None}, {"run": 1}, {"time": None},
    ],
)  # fmt: skip
def test_a_file_with_other_contents_is_no_verdict(store: VerdictStore, change: dict[str, object]) -> None:
    store.save(PIN, VERDICT)
    (file,) = store.folder.iterdir()
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert store.find(PIN, "s1") is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "\x00"])
def test_a_damaged_file_is_no_verdict(store: VerdictStore, text: str) -> None:
    store.save(PIN, VERDICT)
    (file,) = store.folder.iterdir()
    file.write_text(text)
    assert store.find(PIN, "s1") is None


def test_where_nothing_can_be_written_nothing_is_saved(tmp_path: Path) -> None:
    (tmp_path / "verdicts").write_text("a file")
    store = VerdictStore(tmp_path / "verdicts")
    store.save(PIN, VERDICT)
    assert store.find(PIN, "s1") is None
