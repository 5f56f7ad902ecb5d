"""A suite drafted for a table passes on it, and later drift of the table is reported against it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from sparkops.cli.main import run_command

pytestmark = pytest.mark.spark

SUITE = "conf/checks/orders.yml"


@pytest.fixture
def table(make_project: Callable[..., Path], monkeypatch, spark: object) -> Path:
    root = make_project({"conf/base/project.yml": "checks: {docs: false, results: null}\n"})
    monkeypatch.chdir(root)
    path = root / "data" / "warehouse" / "orders"
    write_deltalake(path, pa.table({"id": [1, 2, 3], "shop": ["north", "south", None]}))
    return path


def test_a_drafted_suite_passes_and_a_later_column_is_reported(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["checks", "suggest", "orders", "--into", SUITE]) == 0
    assert capsys.readouterr().out == ""
    assert run_command(["check", "orders"]) == 0
    passed = capsys.readouterr().out.splitlines()[-1]
    assert passed == "orders version 0: 8 checks: 8 passed"
    more = pa.table({"id": ["a"], "note": ["x"]})
    write_deltalake(table, more, mode="overwrite", schema_mode="overwrite")
    assert run_command(["checks", "suggest", "orders"]) == 0
    out, err = capsys.readouterr()
    assert "`orders` version 1: 1 row, 2 columns" in out
    assert err.splitlines()[0] == f"{SUITE} and `orders` version 1 differ:"
    assert [line.split(" (")[0] for line in err.splitlines()[1:]] == [
        "  - `shop` is missing, but the suite names it",
        "  - `id` is LongType in the suite",
        "  - `note` string is new: it is not in the suite's list of columns",
    ]
