"""A result without rows does not remove the rows of a table, unless its job declares that it may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fakes.run_services import FakeFrame, FakeRunServices

from sparkops.core.place import Place
from sparkops.errors import BadData
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import REQUIRED, Param
from sparkops.pipeline.write import Write
from sparkops.runs.execution.execute import execute
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore
from sparkops.runs.request import RunContext, RunRequest

SLICE = {"mode": "replace", "by": ("day",)}


class Two(NamedTuple):
    left: Any
    right: Any


@pytest.fixture
def fakes() -> FakeRunServices:
    services = FakeRunServices()
    services.tables.versions |= {"numbers": [[1, 2]], "out": [[7, 8, 9]]}
    return services


@pytest.fixture
def go(tmp_path: Path, fakes: FakeRunServices) -> Callable[..., Run]:
    def run(function: Callable[..., Any], *writes: Write, **declared: Any) -> Run:
        source = tmp_path / "jobs" / "x.py"
        source.parent.mkdir(exist_ok=True)
        source.write_text("# a job\n")
        kind = "tables" if len(writes) > 1 else "table"
        job = Job(
            name="flow", function=lambda numbers, day: function(numbers), doc="", place=Place(str(source), 1), kind=kind,
            tables=("numbers",), writes=writes, **declared,
        )  # fmt: skip
        job = replace(job, params=(Param("day", str, REQUIRED, "", job.place),))
        context = RunContext(root=tmp_path, state=tmp_path, env="base")
        return execute(RunRequest(job=job, values={"day": "monday"}), fakes.connect, context)

    return run


def no_rows(numbers: Any) -> Any:
    return FakeFrame([])


@pytest.mark.parametrize("options", [{}, SLICE], ids=["overwrite", "replace"])
def test_rows_are_not_removed_by_a_result_without_rows(go, fakes, tmp_path, options) -> None:
    with pytest.raises(BadData) as raised:
        go(no_rows, Write(table="out", **options))
    text = str(raised.value)
    where = " where `day` = monday" if options else ""
    assert f"its result has no rows, and publishing none would remove 3 rows of table `out`{where};" in text
    assert "publish_empty=True" in text
    assert fakes.tables.versions["out"] == [[7, 8, 9]]
    (run,) = RunStore(tmp_path / "runs").list_newest(limit=1)
    assert (run.state, run.error["kind"]) == ("failed", "BadData")


@pytest.mark.parametrize(
    "write",
    [
        Write(table="out", publish_empty=True),
        Write(table="out", publish_empty=True, mode="replace", by=("day",)),
        Write(table="out", mode="append"),
        Write(table="out", mode="merge", by=("day",)),
        Write(table="new"),
    ],
    ids=["declared", "declared slice", "append", "merge", "new table"],
)
def test_no_rows_are_published_where_none_are_removed_or_the_job_allows_it(go, fakes, write) -> None:
    assert go(no_rows, write).state == "done"
    assert fakes.tables.versions[write.table][-1] == []


def test_a_table_without_rows_stays_without_rows(go, fakes) -> None:
    fakes.tables.versions["out"].append([])
    assert go(no_rows, Write(table="out")).state == "done"


def test_a_result_whose_rows_are_all_quarantined_removes_nothing(go, fakes) -> None:
    fakes.checks.rules["out"] = (lambda n: n > 5, "quarantine")
    with pytest.raises(BadData, match="all its rows failed checks and would be quarantined"):
        go(lambda numbers: numbers, Write(table="out"))
    assert "out__quarantine" not in fakes.tables.versions
    assert fakes.tables.versions["out"] == [[7, 8, 9]]
    # the results of the checks are kept, and name no version
    assert [entry[2:] for entry in fakes.history.entries] == [({}, [False])]
    assert len(fakes.checks.runs_with_docs) == 1
    assert [page.is_published for page in fakes.checks.pages] == [False], (
        "its page does not say that it was published"
    )


def test_no_table_is_published_if_one_of_several_would_lose_its_rows(go, fakes) -> None:
    with pytest.raises(BadData, match="table `out`"):
        go(lambda numbers: Two(numbers, FakeFrame([])), Write(table="new"), Write(table="out"))
    assert "new" not in fakes.tables.versions


@pytest.mark.parametrize("allowed", [False, True])
def test_a_micro_batch_without_rows_obeys_the_same_rule(go, fakes, allowed: bool) -> None:
    fakes.streams.batches = [[]]
    write = Write(table="out", publish_empty=allowed)
    if allowed:
        go(lambda numbers: numbers, write, stream="numbers")
        assert fakes.tables.versions["out"] == [[7, 8, 9], []]
        return
    with pytest.raises(BadData, match="would remove 3 rows"):
        go(lambda numbers: numbers, write, stream="numbers")
    assert fakes.tables.versions["out"] == [[7, 8, 9]]
    assert fakes.streams.position == 0


def test_a_micro_batch_whose_rows_are_all_quarantined_removes_nothing(go, fakes) -> None:
    fakes.streams.batches = [[1, 2]]
    fakes.checks.rules["out"] = (lambda n: n > 5, "quarantine")
    with pytest.raises(BadData, match="all its rows failed checks"):
        go(lambda numbers: numbers, Write(table="out"), stream="numbers")
    assert fakes.tables.versions["out"] == [[7, 8, 9]]
    assert "out__quarantine" not in fakes.tables.versions
    assert [page.is_published for page in fakes.checks.pages] == [False]
