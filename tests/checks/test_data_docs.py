"""Data Docs: a page for each table and run, and an index whose cost does not grow with the number of runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparkops.checks.checks import Checks
from sparkops.checks.gx.data_docs import DataDocs
from sparkops.checks.outcome import GateOutcome
from sparkops.config.settings import CheckSettings, Settings

pytestmark = pytest.mark.spark

SUITE = """\
expectations:
  - expect_column_values_to_be_between: {column: id, max_value: 2, policy: quarantine}
  - expect_column_values_to_not_be_null: id
"""


def checks_of(tmp_path: Path, *, docs: bool = True) -> Checks:
    folder = tmp_path / "conf" / "checks"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "t.yml").write_text(SUITE, encoding="utf-8")
    return Checks(
        Settings(root=tmp_path, env="base", state=tmp_path / ".sparkops", checks=CheckSettings(docs=docs))
    )


def outcome_of(checks: Checks, spark, run_id: str) -> GateOutcome:
    suite = checks.suite("t")
    assert suite is not None
    return checks.gate(suite, spark.range(4).coalesce(1), table="t", run_id=run_id)


def test_a_page_shows_what_was_quarantined_and_what_was_published(tmp_path: Path, spark) -> None:
    checks = checks_of(tmp_path)
    outcome = outcome_of(checks, spark, "run-1")
    index = checks.write_docs(outcome)
    page = DataDocs(tmp_path / ".sparkops" / "gx" / "docs").page("t", "run-1")
    assert index is not None
    text = page.read_text(encoding="utf-8")
    assert "Great Expectations" in text
    assert "less than or equal to" in text
    assert "25% of 4 total rows" in text
    assert "run-1" in text
    # The offline styles come before those from the network.
    assert text.index("<style>") < text.index("<link")
    assert page.relative_to(index.parent).as_posix() in index.read_text(encoding="utf-8")


def test_the_index_lists_every_run_once_and_ignores_an_incomplete_line(tmp_path: Path, spark) -> None:
    checks = checks_of(tmp_path)
    outcome = outcome_of(checks, spark, "run-1")
    first = checks.write_docs(outcome)
    assert first is not None
    manifest = first.parent / "pages.jsonl"
    line = json.loads(manifest.read_text(encoding="utf-8"))
    more = [
        json.dumps({**line, "run": f"old-{i}", "path": f"validations/t/old-{i}/checkpoint/results.html"})
        for i in range(700)
    ]
    manifest.write_text("\n".join([*more, '{"table": "t", "ru']) + "\n", encoding="utf-8")
    checks.write_docs(outcome)
    index = checks.write_docs(outcome)
    assert index is not None
    text = index.read_text(encoding="utf-8")
    assert text.count("validations/t/run-1/checkpoint/results.html") == 1
    assert "old-699" in text
    assert "validations/t/old-0/" not in text, "only the newest pages are listed"


def test_docs_that_are_off_write_nothing(tmp_path: Path, spark) -> None:
    checks = checks_of(tmp_path, docs=False)
    assert checks.write_docs(outcome_of(checks, spark, "run-1")) is None
    assert not (tmp_path / ".sparkops" / "gx" / "docs").exists()
