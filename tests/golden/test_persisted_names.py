"""Persisted keys, tags, file names and hashes, compared literally: renaming code must not change them."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from sparkops.artifact import compiled_scorer
from sparkops.artifact import mlflow_folder as artifact
from sparkops.artifact.facts import RUN_TAG, ModelFacts, to_tags
from sparkops.checks.execution import suite_cache
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.checks.suite.threshold import FailureThreshold
from sparkops.core.place import Place
from sparkops.pipeline.job import Job
from sparkops.pipeline.model import Gate
from sparkops.pipeline.model_version_info import GateResult
from sparkops.pipeline.staging import DISCARD_PREFIX, REASONS_COLUMN, RELEASE_PREFIX
from sparkops.pipeline.table import Commit, MicroBatch, Pin
from sparkops.pipeline.write import Write
from sparkops.reports.check_docs import DataDocs
from sparkops.runs.fingerprint import RunInputs, compute_fingerprint, hash_source
from sparkops.scoring.artifact import file_names as files
from sparkops.scoring.locate import identity
from sparkops.tables import streams
from sparkops.tables.catalog import STAGING
from sparkops.tables.check_history import COLUMNS
from sparkops.tables.log.commit_info import WriteId, format_user_metadata
from sparkops.tables.quarantine import quarantine
from sparkops.tables.schema import hash_schema
from sparkops.tables.sources.source_files import fingerprint_files
from sparkops.tables.staging import stage as staging
from sparkops.tables.staging import staged_file as parts

JOB = Job(
    name="sales",
    function=print,
    doc="",
    place=Place("jobs/sales.py", 3),
    kind="table",
    writes=(
        Write(table="sales", mode="replace", by=("shop", "day"), partition_by=("shop",), schema_change=True),
        Write(table="b"),
    ),
    gates=(
        Gate(metric="auc", at_least=0.6),
        Gate(metric="loss", at_most=1.5, not_worse=True, tolerance=0.01, better="lower"),
    ),
)


def test_the_fingerprint_of_the_same_work_is_the_one_that_old_records_hold() -> None:
    pin = Pin(
        table="orders", kind="delta", location="/w/orders", version=3, identity="abc", schema_hash="def"
    )
    actual = compute_fingerprint(
        JOB,
        source="s",
        params={"day": "2024-01-01"},
        inputs=RunInputs(pins=[pin], models={"late": 2}),
        suites={"sales": "h", "b": None},
    )
    assert actual == "44fe4d7f4e06ed6df6ff"


def test_the_file_name_of_a_compiled_suite_is_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    between = Expectation(
        type="expect_column_values_to_be_between",
        kwargs={"column": "day", "min_value": date(2024, 1, 1)},
        policy="fail",
        place=Place("t.yml", 2),
    )
    among = Expectation(
        type="expect_column_values_to_be_in_set",
        kwargs={"column": "c", "value_set": ["a", 1, None]},
        policy="quarantine",
        place=Place("t.yml", 3),
        severity="warning",
        fail_over=FailureThreshold(rows=5, share=0.25),
    )
    suite = Suite(table="t", place=Place("t.yml", 1), expectations=(between, among))
    monkeypatch.setattr(suite_cache, "version", lambda _: "1.2.3")
    assert suite_cache._locate_cache_file(suite, Path("/s")) == Path(
        "/s/cac394e74d252991c75b6846d40b6b3d.json"
    )


def test_hashes_of_schemas_sources_and_jobs_are_what_they_were(tmp_path: Path) -> None:
    columns = [
        {"name": "a", "type": "long"},
        {"name": "b", "type": {"type": "array", "elementType": "string"}},
    ]
    assert hash_schema({"fields": columns}) == "13ce84535a19186c"
    source = tmp_path / "raw.csv"
    source.write_text("a,b\n1,2\n")
    os.utime(source, ns=(10**18, 10**18))
    actual = fingerprint_files(source)
    assert actual is not None
    assert actual[0] == "a7c03881a36c649a"
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    for name, text in {"sales": "X = 1\n", "shared": "Y = 2\n", "other": "@job\n"}.items():
        (jobs / f"{name}.py").write_text(text)
    assert hash_source(replace(JOB, place=Place(str(jobs / "sales.py"), 1)), tmp_path) == "e5f54d05467464b3"


def test_commits_are_marked_by_run_mode_and_batch() -> None:
    assert WriteId("r1").build_writer_options(mode="append") == {
        "txnAppId": "sparkops:r1",
        "txnVersion": "1",
        "userMetadata": '{"sparkops_run": "r1", "sparkops_mode": "append"}',
    }
    batch = MicroBatch(stream="s-1", number=4)
    marked = WriteId("r1", batch)
    assert marked.build_writer_options(mode="merge") == {
        "txnAppId": "sparkops:s-1",
        "txnVersion": "5",
        "userMetadata": '{"sparkops_run": "r1", "sparkops_mode": "merge", "sparkops_stream": "s-1", "sparkops_batch": 4}',
    }
    assert (
        format_user_metadata("release-1", mode="stamp")
        == '{"sparkops_run": "release-1", "sparkops_mode": "stamp"}'
    )


def test_columns_that_sparkops_adds_to_tables_keep_their_names() -> None:
    assert quarantine.OWN_COLUMNS == (
        "_sparkops_run", "_sparkops_reasons", "_sparkops_release", "_sparkops_released"
    )  # fmt: skip
    assert REASONS_COLUMN == "_sparkops_reasons"
    assert (RELEASE_PREFIX, DISCARD_PREFIX) == ("release-", "discard-")
    assert COLUMNS == {
        "time": "timestamp", "run": "string", "job": "string", "table": "string", "version": "bigint", "position": "int",
        "expectation": "string", "column": "string", "kwargs": "string", "policy": "string", "severity": "string",
        "success": "boolean", "observed": "string", "observed_value": "double", "element_count": "bigint",
        "unexpected_count": "bigint", "unexpected_share": "double", "error": "string", "place": "string",
    }  # fmt: skip


def test_folders_beside_the_tables_keep_their_names() -> None:
    assert (STAGING, staging._TEMPORARY, parts.PARTITION_PREFIX, streams.CHECKPOINTS) == (
        "_staging", "_files-", "sparkops_by_", "_streams"
    )  # fmt: skip


def test_files_of_a_model_keep_their_names() -> None:
    assert (files.SCORER, files.DESCRIPTION, files.ARRAYS, files.CERTIFICATE) == (
        "scorer", "description.json", "arrays.npz", "certificate.jsonl"
    )  # fmt: skip
    assert (files.FACTS, files.FLAVOR, files.MANIFEST_HASH_TAG) == (
        "sparkops.json",
        "flavor.json",
        "sparkops.seal",
    )
    assert (artifact.SPARK_MODEL, compiled_scorer.ORIGIN, identity.SCORER_TAG) == (
        "sparkml", "compiled.json", "sparkops.scorer"
    )  # fmt: skip
    assert RUN_TAG == "sparkops.run_id"


def test_a_scorer_s_note_names_the_model_that_it_was_compiled_from(tmp_path: Path) -> None:
    (tmp_path / "compiled.json").write_text(
        f'{{"model": "{tmp_path}", "spark": "4.2.0", "columns": "its signature"}}'
    )
    assert compiled_scorer.find_spark_model(tmp_path) == tmp_path


def test_a_model_version_carries_these_tags() -> None:
    gate = GateResult(metric="auc", rule="auc >= 0.6", value=0.7, champion=None, passed=True)
    facts = ModelFacts(
        name="late",
        run_id="r1",
        compiled=True,
        parity=9,
        tables={"orders": 3},
        gates=(gate,),
        scorer="abc",
        rules=2,
        left_out=("one",),
        benchmark={"rows": 5.0},
        flavor="sklearn",
    )
    assert to_tags(facts) == {
        "sparkops.run_id": "r1",
        "sparkops.compiled": "true",
        "sparkops.parity": "9",
        "sparkops.reasons": "[]",
        "sparkops.tables": '{"orders": 3}',
        "sparkops.gates": '[{"metric": "auc", "rule": "auc >= 0.6", "value": 0.7, "champion": null, "passed": true}]',
        "sparkops.race": '{"rows": 5.0}',
        "sparkops.rules": "2",
        "sparkops.rules_left_out": '["one"]',
        "sparkops.flavor": "sklearn",
        "sparkops.scorer": "abc",
    }


def test_the_page_of_a_table_in_a_run_stands_where_it_stood() -> None:
    page = DataDocs(Path("/docs")).locate_page("shop.orders", "r1")
    assert page == Path("/docs/validations/shop/orders/r1/checkpoint/results.html")


def test_a_commit_is_a_write_by_its_run_or_its_batch() -> None:
    batch = MicroBatch(stream="s", number=0)
    commit = Commit(version=1, time=None, operation="WRITE", rows=1, run_id="r1", batch=batch)  # type: ignore[arg-type]
    assert WriteId("r1").matches(commit)
    assert WriteId("r2", batch).matches(commit)
    assert not WriteId("r2", MicroBatch(stream="s", number=1)).matches(commit)
