"""A project whose jobs have parameters of every kind, and whose fake worker publishes rows, checks and a report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

JOBS = '''
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from pydantic import Field
from pyspark.sql import DataFrame
from sparkops import Secret, job

@job(writes="out")
def publish(
    source: DataFrame,
    *,
    day: date,
    size: Literal["small", "large"] = "small",
    top: Annotated[int, Field(ge=1, le=10)] = 3,
    shops: list[str] = ["north"],
    kinds: list[Literal["a", "b"]] = ["a"],
    share: float = 0.5,
    limit: int | None = None,
    weights: dict[str, float] = {},
    is_draft: bool = False,
    price: Decimal = Decimal("1.50"),
    token: Secret = Secret("hunter22"),
) -> DataFrame:
    """Sum the orders of one day.

    Args:
        day: The day.
        size: Which orders.
        top: Number of shops.
        shops: The shops.
    """
    return source

@job(writes="out")
def slow(source: DataFrame) -> DataFrame:
    """Compute for a long time."""
    return source

@job(writes="out", mode="append", stream="source")
def follow(source: DataFrame) -> DataFrame:
    """Copy new rows."""
    return source

@job(writes="out")
def failed(source: DataFrame, *, note: str = "") -> DataFrame:
    return source
'''
CONF = """
state: .
reports: reports
warehouse: data
tables:
  source: {path: source}
  out: {description: "%s"}
"""


def write_project(root: Path, text: str = "plain", report: str = "<h1>Report</h1>") -> Path:
    """Write the project; a text of the data is in every place that can hold one."""
    files = {
        "jobs/all.py": JOBS,
        "conf/base/all.yml": CONF % json.dumps(text)[1:-1],
        "reports/r.html": report,
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, "utf-8")
    rows = pa.table(
        {"n": [1, 2, 9007199254740993], "text": [text, "b", None], f"column {text}": [0.5, 1.25, None]}
    )
    write_deltalake(str(root / "data" / "out"), rows, mode="overwrite")
    (root / "log.txt").write_text(f"reading source\n{text}\nwritten: 3 rows\n", "utf-8")
    (root / "published.json").write_text(json.dumps(_describe_results(text)), "utf-8")
    return root


def _describe_results(text: str) -> Mapping[str, Any]:
    check = {
        "table": "out", "expectation": "expect_column_values_to_not_be_null", "kwargs": {"column": text}, "policy": "quarantine",
        "success": False, "observed": text, "rows": 3, "unexpected": 1, "samples": [text], "severity": "critical",
    }  # fmt: skip
    return {
        "started": datetime.now(UTC).isoformat(),
        "inputs": {"source": {"kind": "delta", "version": 3, "identity": "i"}},
        "outputs": {"out": {"version": 0, "rows": 3, "identity": "j"}},
        "metrics": {"auc": 0.8125},
        "checks": [check, {**check, "success": True, "unexpected": 0, "samples": []}],
        "report": "reports/r.html",
    }
