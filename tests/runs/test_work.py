"""The parts of a run's work: each change is named, and what does not change the result is no part."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from time import time

import pytest

from sparkops.core.place import Place
from sparkops.pipeline.code.package_versions import PackageVersions
from sparkops.pipeline.code.used_code import CodeReader
from sparkops.pipeline.job import Job
from sparkops.pipeline.model import Gate
from sparkops.pipeline.table import Pin
from sparkops.pipeline.write import Write
from sparkops.runs.fingerprint import RunInputs
from sparkops.runs.work import describe_work, explain_changes, mark_changed_code, restore_computed

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
    facts = {"suites": {"clean": "h1", "other": None}, "required": {}} | changes
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
        ({"required": {"orders": "i1"}}, "`orders` is read only if it passes its checks now"),
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


def write_all(job: Job, *tables: str) -> Job:
    return replace(job, kind="tables", writes=tuple(Write(table=table) for table in tables))


def test_the_order_of_the_written_tables_is_a_part(job: Job, tmp_path: Path) -> None:
    before = describe(write_all(job, "clean", "rejected"), tmp_path)
    assert before["option writes"] == "clean, rejected"
    assert explain_changes(before, describe(write_all(job, "rejected", "clean"), tmp_path)) == [
        "`writes=` of the job went from clean, rejected to rejected, clean"
    ]
    three = describe(write_all(job, "clean", "rejected", "late"), tmp_path)
    assert explain_changes(three, describe(write_all(job, "clean", "late", "rejected"), tmp_path)) == [
        "`writes=` of the job went from clean, rejected, late to clean, late, rejected"
    ]
    assert explain_changes(before, describe(write_all(job, "clean", "rejected"), tmp_path)) == []
    # One table has no order.
    assert "option writes" not in describe(job, tmp_path)


def test_a_record_without_the_order_of_its_tables_says_so(job: Job, tmp_path: Path) -> None:
    after = describe(write_all(job, "clean", "rejected"), tmp_path)
    before = {part: value for part, value in after.items() if part != "option writes"}
    assert explain_changes(before, after) == [
        "the last run did not record in which order it returned its tables"
    ]
    assert "`writes=` of the job went from none to clean, rejected" in explain_changes(
        describe(job, tmp_path), after
    )


@pytest.mark.parametrize(
    ("before", "after", "clause"),
    [
        ("i1", "i2", "the checks of its input `orders` were changed"),
        (None, "i2", "`orders` is read only if it passes its checks now"),
        ("i1", None, "`orders` does not have to pass its checks any more"),
    ],
)
def test_the_checks_that_inputs_have_to_pass_are_parts(
    job: Job, tmp_path: Path, before: str | None, after: str | None, clause: str
) -> None:
    works = [describe(job, tmp_path, required={"orders": suite}) for suite in (before, after)]
    assert explain_changes(*works) == [clause]
    assert explain_changes(works[0], works[0]) == []


@pytest.mark.parametrize("module", ["jobs/sales.py", "jobs/rates.py"])
def test_the_work_of_a_run_whose_code_was_changed_after_it_was_loaded_is_equal_to_no_other(
    job: Job, tmp_path: Path, module: str
) -> None:
    (tmp_path / "jobs/rates.py").write_text("FACTOR = 1\n")
    (tmp_path / "jobs/unused.py").write_text("FACTOR = 1\n")
    Path(job.place.file).write_text(
        TEXT.replace("RATE = 2", "from jobs.rates import FACTOR\nRATE = FACTOR * 2")
    )

    def describe_run(load_time: float | None) -> dict[str, str]:
        marked = mark_changed_code(
            describe(job, tmp_path), replace(job, load_time=load_time), CodeReader(tmp_path)
        )
        return dict(marked)

    before = describe(job, tmp_path)
    loaded = time() + 60
    assert describe_run(loaded) == describe_run(None) == before
    for name in (module, "jobs/unused.py"):
        os.utime(tmp_path / name, (loaded + 1, loaded + 1))
    marked = describe_run(loaded)
    assert marked == before | {"code <changed while running>": module}
    assert explain_changes(marked, before) == [f"`{module}` was changed after the last run had loaded it"]


def test_a_file_that_has_an_old_time_of_modification_was_changed_when_it_was_put_there(
    job: Job, tmp_path: Path
) -> None:
    loaded = time() - 10
    os.utime(job.place.file, (loaded - 100, loaded - 100))
    marked = mark_changed_code({}, replace(job, load_time=loaded), CodeReader(tmp_path))
    assert marked == {"code <changed while running>": "jobs/sales.py"}
    Path(job.place.file).unlink()
    marked = mark_changed_code({}, replace(job, load_time=time() + 10), CodeReader(tmp_path))
    assert marked == {"code <changed while running>": "jobs/sales.py"}


def test_rows_that_an_earlier_attempt_computed_keep_the_parts_by_which_they_were_computed() -> None:
    earlier = {"code a": "1", "code gone": "1", "conf k": "1", "model m": "version 1", "package p": "1"}
    earlier |= {"table t": "version 1 of x", "write o": "1", "checks o": "1", "gate g": "1"}
    present = {part: value.replace("1", "2") for part, value in earlier.items() if part != "code gone"}
    assert restore_computed(present | {"code new": "2"}, earlier) == earlier | {
        "write o": "2", "checks o": "2", "gate g": "2",
    }  # fmt: skip
    # A record of an earlier version has no parts.
    assert restore_computed(present, {}) == {}
