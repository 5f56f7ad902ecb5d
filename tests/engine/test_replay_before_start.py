"""What a replay needs of the version before that of the run is missed before its job starts, and only where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.recorded_runs import commit

from sparkops import Engine
from sparkops.engine.operations.comparison.recorded_versions import require_unchanged
from sparkops.errors import VersionGone
from sparkops.runs.records.run import Run

JOB = """
from pyspark.sql import DataFrame
from sparkops import job

@job({options})
def sales(raw: DataFrame, *, day: int | None = None) -> DataFrame:
    return raw
"""


def may_start(make_project: Callable[..., Path], options: str, day: int | None) -> bool:
    """Return whether a replay may start of a run that published version 1 of a table, of whose version 0 a file is missing."""
    root = make_project({"jobs/sales.py": JOB.format(options=options)})
    warehouse = root / "data" / "warehouse"
    for table in ("raw", "sales", "sales"):
        commit(warehouse / table)
    with Engine(root) as engine:
        tables = engine.container.tables
        pins: dict[str, Any] = {table: tables.pin(table) for table in ("raw", "sales")}
        records = {
            table: {"kind": "delta", "location": pin.location, "version": pin.version, "identity": pin.identity,
                    "schema_hash": pin.schema_hash}
            for table, pin in pins.items()
        }  # fmt: skip
        run = Run(
            id="r1", job="sales", state="done", params={"day": day}, inputs={"raw": records["raw"]},
            outputs={"sales": records["sales"]},
        )  # fmt: skip
        require_unchanged(engine.container, run, engine.project.find_declared("sales"))
        return True


@pytest.mark.parametrize(
    ("options", "day"), [("merge='n'", None), ("replace='day'", None), ("replace=['day', 'n']", 3)]
)
def test_rows_that_a_write_leaves_are_needed(
    make_project: Callable[..., Path], options: str, day: int | None
) -> None:
    with pytest.raises(
        VersionGone,
        match="before the write are needed to repeat it: Version 0 of table `sales` can no longer",
    ):
        may_start(make_project, options, day)


@pytest.mark.parametrize(("options", "day"), [("", None), ("mode='append'", None), ("replace='day'", 3)])
def test_rows_of_before_are_not_needed_otherwise(
    make_project: Callable[..., Path], options: str, day: int | None
) -> None:
    assert may_start(make_project, options, day)
