"""The parts of a run's work: each change is named, and what does not change the result is no part."""

from __future__ import annotations

from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from sparkops.pipeline.code.package_versions import PackageVersions
from sparkops.pipeline.code.used_code import CodeReader
from sparkops.pipeline.job import Job
from sparkops.pipeline.model import Gate
from sparkops.pipeline.table import Pin
from sparkops.pipeline.write import Write
from sparkops.place import Place
from sparkops.runs.fingerprint import RunInputs
from sparkops.runs.work import describe_work, explain_changes

PIN = Pin(table="orders", kind="delta", location="/w/orders", version=3, identity="abcdef", schema_hash="s")
SOURCE = Pin(table="raw", kind="source", location="/d", version=None, identity="f" * 40, schema_hash="s", options_hash="o1")  # fmt: skip
TEXT = """
import numpy
from pyspark.sql import DataFrame
from sparkops import job

RATE = 2

@job
def clean(orders: DataFrame, raw: DataFrame) -> DataFrame:
    return orders.where(numpy.abs(RATE) > 1)
"""


@pytest.fixture
def job(tmp_path: Path) -> Job:
    file = tmp_path / "jobs" / "sales.py"
    file.parent.mkdir()
    file.write_text(TEXT)
    return Job(
        name="clean", function=print, doc="", place=Place(str(file), 8), kind="table", writes=(Write(table="clean"),)
    )  # fmt: skip


def describe(job: Job, tmp_path: Path, **changes: object) -> dict[str, str]:
    inputs = {"pins": [PIN, SOURCE], "models": {"late": 2}, "settings": {}} | changes.pop("inputs", {})  # type: ignore[operator]
    facts = {"suites": {"clean": "h1", "other": None}} | changes
    return describe_work(job, CodeReader(tmp_path), inputs=RunInputs(**inputs), **facts)  # type: ignore[arg-type]


def test_the_parts_of_a_run_are_named(job: Job, tmp_path: Path) -> None:
    parts = describe(job, tmp_path)
    assert list(parts) == [
        "checks clean",
        "code jobs/sales.py:RATE",
        "code jobs/sales.py:clean",
        "model late",
        "package numpy",
        "package pyspark",
        "table orders",
        "table raw",
        "write clean",
    ]
    assert parts["table orders"] == "version 3 of abcdef"
    assert parts["table raw"] == "files ffffffffffff, options o1"
    assert parts["model late"] == "version 2"
    assert parts["package numpy"] == PackageVersions().find("numpy")


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"suites": {"clean": "h2"}}, "the checks of `clean` were changed"),
        ({"suites": {"clean": None}}, "`clean` has no checks any more"),
        ({"suites": {"clean": "h1", "more": "h"}}, "`more` has checks now"),
        (
            {"inputs": {"pins": [replace(PIN, version=4), SOURCE]}},
            "`orders` went from version 3 to version 4",
        ),
        (
            {"inputs": {"pins": [replace(PIN, identity="other"), SOURCE]}},
            "`orders` is another table, which was created since then",
        ),
        (
            {"inputs": {"pins": [PIN, replace(SOURCE, options_hash="o2")]}},
            "how `raw` is read was changed",
        ),
        (
            {"inputs": {"pins": [PIN, replace(SOURCE, identity="e" * 40)]}},
            "the files of `raw` were changed",
        ),
        ({"inputs": {"pins": [SOURCE]}}, "`orders` is not read any more"),
        ({"inputs": {"models": {"late": 3}}}, "model `late` went from version 2 to version 3"),
        (
            {"inputs": {"settings": {"spark": {"conf": {"spark.sql.ansi.enabled": "false"}}}}},
            "`spark.sql.ansi.enabled` went from none to false",
        ),
    ],
)
def test_a_change_is_one_clause(job: Job, tmp_path: Path, changes: dict[str, object], clause: str) -> None:
    assert explain_changes(describe(job, tmp_path), describe(job, tmp_path, **changes)) == [clause]


def test_changes_of_the_declaration_and_of_the_code_are_named(job: Job, tmp_path: Path) -> None:
    before = describe(job, tmp_path)
    assert explain_changes(before, describe(replace(job, writes=(Write(table="clean", mode="append"),)), tmp_path)) == [
        "how `clean` is written was changed"
    ]  # fmt: skip
    assert "gate auc" in describe(replace(job, gates=(Gate(metric="auc", at_least=0.5),)), tmp_path)
    file = Path(job.place.file)
    file.write_text(TEXT.replace("RATE = 2", "RATE = 3  # since May"))
    assert explain_changes(before, describe(job, tmp_path)) == ["`jobs/sales.py:RATE` was changed"]
    file.write_text(TEXT.replace("RATE = 2", "RATE = 2  # since May"))
    assert explain_changes(before, describe(job, tmp_path)) == []


def test_a_function_that_is_made_by_other_code_counts_with_its_files(job: Job, tmp_path: Path) -> None:
    generated = replace(job, name="made")
    before = describe(generated, tmp_path)
    assert "code jobs/sales.py" in before
    with Path(job.place.file).open("a") as file:
        file.write("# a comment\n")
    assert len(explain_changes(before, describe(generated, tmp_path))) == 1


def test_options_of_the_decorator_that_change_what_is_published_are_parts(job: Job, tmp_path: Path) -> None:
    before = describe(job, tmp_path)
    assert explain_changes(before, describe(replace(job, registers="late"), tmp_path)) == [
        "`registers=` of the job went from none to late"
    ]
    assert explain_changes(before, describe(replace(job, stream="orders"), tmp_path)) == [
        "`stream=` of the job went from none to orders"
    ]
    assert describe(replace(job, allow_empty=True), tmp_path) == before
    gates = (Gate(metric="auc", at_least=0.5), Gate(metric="auc", not_worse=True))
    with_gates = describe(replace(job, gates=gates), tmp_path)
    assert explain_changes(with_gates, describe(replace(job, gates=gates[1:]), tmp_path)) == [
        "the gate of `auc` was changed"
    ]


@pytest.mark.parametrize(
    ("module", "distribution"), [("yaml", "PyYAML"), ("sklearn", "scikit-learn"), ("_pytest", "pytest")]
)
def test_versions_of_packages_are_those_of_their_distributions(module: str, distribution: str) -> None:
    assert metadata.version(distribution) in str(PackageVersions().find(module))


@pytest.mark.parametrize("module", ["json", "sparkops", "no_such_package", "__future__"])
def test_the_standard_library_the_engine_and_missing_modules_have_no_version(module: str) -> None:
    assert PackageVersions().find(module) is None
