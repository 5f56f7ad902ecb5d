"""The commands `sparkops checks suggest` and `drift`; no Spark."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops.cli.main import run_command


def commit(table: Path, version: int, **columns: str) -> None:
    """Write one commit of a table, of these columns and no rows."""
    fields = [
        {"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in columns.items()
    ]
    schema = json.dumps({"type": "struct", "fields": fields})
    actions = [
        {"commitInfo": {"timestamp": 1_000_000 + version, "operation": "WRITE"}},
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {"metaData": {"id": "abc", "schemaString": schema, "partitionColumns": []}},
    ]
    log = table / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    (log / f"{version:020}.json").write_text("\n".join(map(json.dumps, actions)))


@pytest.fixture
def project(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_project({"conf/base/tables.yml": "tables:\n  raw: {path: raw.csv, format: csv}\n"})
    monkeypatch.chdir(root)
    table = root / "data" / "warehouse" / "flights"
    commit(table, 0, day="date", delay="integer")
    commit(table, 1, day="date", delay="long", note="string")
    commit(table, 2, day="date", delay="long")
    return root


@pytest.mark.usefixtures("project")
def test_drift_shows_each_change_with_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["checks", "drift", "flights"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "version 1: `note` string is new",
        "version 1: `delay` is int in the table and bigint now",
        "version 2: `note` string is missing",
    ]
    assert run_command(["checks", "drift", "flights", "--from", "2"]) == 0
    assert "are those of version 2 (now version 2)" in capsys.readouterr().out


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["drift", "flights", "--from", "7"], "7"),
        (["drift", "raw"], "read-only source"),
        (["drift", "fligths"], "Did you mean `flights`?"),
        (["suggest", "fligths"], "Did you mean `flights`?"),
        (["suggest", "flights", "--at", "7"], "7"),
    ],
)
def test_a_missing_table_or_version_is_bad_input(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["checks", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_draft_never_overwrites_a_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = project / "conf" / "checks" / "flights.yml"
    file.write_text("mine", encoding="utf-8")
    assert run_command(["checks", "suggest", "flights", "--into", str(file)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == "mine"
