"""The project whose runs are interrupted: its jobs, its input of `ROWS` numbered rows, and what its tables contain."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

ROWS: Final = 400
SLICES: Final = 4
MODEL: Final = "line"
# Every row has a random `x`, so each attempt computes another frame, and its suite divides it in another way.
_JOBS = """
from typing import NamedTuple

from pyspark.ml.feature import VectorAssembler
from pyspark.ml.regression import LinearRegression
from pyspark.ml import Pipeline
from pyspark.sql import DataFrame, functions as F
from sparkops import Model, job


@job(mode="append")
def appended(raw: DataFrame) -> DataFrame:
    return raw.withColumn("x", F.rand())


@job
def overwritten(raw: DataFrame) -> DataFrame:
    return raw.withColumn("x", F.rand())


@job(merge="id")
def merged(raw: DataFrame) -> DataFrame:
    return raw.withColumn("x", F.rand())


@job(replace="slice")
def replaced(raw: DataFrame, *, slice: int | None = None) -> DataFrame:
    rows = raw.withColumn("slice", F.col("id") % 4).withColumn("x", F.rand())
    return rows if slice is None else rows.where(F.col("slice") == slice)


@job(mode="append", stream="files")
def streamed(files: DataFrame) -> DataFrame:
    return files.withColumn("x", F.rand())


@job(mode="append")
def parts(raw: DataFrame, *, part: int) -> DataFrame:
    return raw.where(F.col("id") % 4 == part).withColumn("x", F.rand())


class Two(NamedTuple):
    left: DataFrame
    right: DataFrame


@job(mode="append")
def two(raw: DataFrame) -> Two:
    rows = raw.withColumn("x", F.rand())
    return Two(left=rows.where("id % 2 = 0"), right=rows.where("id % 2 = 1"))


@job(registers="line")
def train(raw: DataFrame) -> Model:
    return fit(raw)


@job(registers="line")
def train_left(left: DataFrame) -> Model:
    return fit(left)


def fit(frame: DataFrame) -> Model:
    rows = frame.select(F.col("id").cast("double"), (F.col("id") * 2 + F.rand()).alias("label"))
    fitted = Pipeline(stages=[VectorAssembler(inputCols=["id"], outputCol="features"), LinearRegression()]).fit(rows)
    return Model(fitted=fitted, example=rows)
"""
_TABLES = {
    "raw": {"path": "raw", "format": "csv", "options": {"header": "true"}, "schema": "id INT"},
    "files": {
        "path": "files",
        "format": "csv",
        "options": {"header": "true", "maxFilesPerTrigger": "1"},
        "schema": "id INT",
    },
}
_SPARK = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": 2,
    "spark.databricks.delta.snapshotPartitions": 1,
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
}


def make_project(root: Path, *, cluster: Mapping[str, Any] | None = None) -> None:
    """Write the project.

    Args:
        root: Its folder.
        cluster: Settings of Spark if the runs use a cluster.
    """
    for folder in ("conf/base", "conf/checks", "jobs", "raw", "files"):
        (root / folder).mkdir(parents=True)
    (root / "jobs" / "interrupted.py").write_text(_JOBS, encoding="utf-8")
    spark: dict[str, Any] = {"master": "local[2]", **(cluster or {})}
    spark["conf"] = {**_SPARK, **spark.get("conf", {})}
    settings = {"checks": {"docs": False}, "tables": _TABLES, "spark": spark}
    (root / "conf" / "base" / "project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    _write_ids(root / "raw" / "all.csv", range(ROWS))
    for number in range(SLICES):
        rows = range(number * ROWS // SLICES, (number + 1) * ROWS // SLICES)
        _write_ids(root / "files" / f"{number}.csv", rows)


def _write_ids(path: Path, ids: range) -> None:
    path.write_text("\n".join(["id", *map(str, ids)]) + "\n", encoding="utf-8")


def set_limit(root: Path, tables: Iterable[str], limit: float) -> None:
    """Let the suites of tables send all rows with `x` above a limit to the quarantine."""
    suite = {
        "policy": "quarantine",
        "expectations": [{"expect_column_values_to_be_between": {"column": "x", "max_value": limit}}],
    }
    for table in tables:
        (root / "conf" / "checks" / f"{table}.yml").write_text(yaml.safe_dump(suite), encoding="utf-8")


def locate_warehouse(root: Path) -> Path:
    """Return the folder of the tables."""
    return root / "data" / "warehouse"


def read_rows(root: Path, table: str) -> list[dict[str, Any]]:
    """Return the rows of the newest version of a table; none if it does not exist."""
    # Not imported by the parent of the attempts: its runtime does not survive a fork.
    from deltalake import DeltaTable

    folder = locate_warehouse(root) / table
    if not (folder / "_delta_log").is_dir():
        return []
    rows: list[dict[str, Any]] = DeltaTable(folder).to_pyarrow_table().to_pylist()
    return rows


def find_row_problems(root: Path, tables: Iterable[str], runs: Iterable[str] | None = None) -> list[str]:
    """Return what is wrong if each id must be in one of the tables or their quarantines, once.

    Args:
        root: The project.
        tables: The tables.
        runs: Only rows that these runs quarantined count; None for all.
    """
    ids: Counter[int] = Counter()
    problems = []
    for table in tables:
        ids.update(row["id"] for row in read_rows(root, table))
        quarantined = [
            row
            for row in read_rows(root, f"{table}__quarantine")
            if not row.get("_sparkops_release") and (runs is None or row["_sparkops_run"] in runs)
        ]
        ids.update(row["id"] for row in quarantined)
        if any(not row["_sparkops_reasons"] for row in quarantined):
            problems.append(f"`{table}`: quarantined rows have no reason")
    lost, doubled = [id_ for id_ in range(ROWS) if not ids[id_]], [id_ for id_, n in ids.items() if n > 1]
    if lost or doubled or ids.total() != ROWS:
        problems.append(f"{len(lost)} rows lost, {len(doubled)} doubled")
    return problems


def find_leftovers(root: Path, *, cleaned: bool) -> list[str]:
    """Return what complete runs may not leave: an open publication, and after a clean-up staged rows."""
    staged = [path.name for path in (locate_warehouse(root) / "_staging").glob("*")] if cleaned else []
    problems = [f"staged rows are left: {staged}"] if staged else []
    if list_journal(root):
        problems.append("the journal says that a run is not complete")
    return problems


def list_journal(root: Path) -> list[Path]:
    """Return the files of the publications that are not complete."""
    return list((root / ".sparkops" / "publishing").glob("*.json"))


def read_version(root: Path, table: str) -> int:
    """Return the newest version of a table."""
    from deltalake import DeltaTable

    return DeltaTable(locate_warehouse(root) / table).version()


def list_run_ids(root: Path) -> list[str]:
    """Return the ids of all runs, oldest first."""
    return sorted(path.name for path in (root / ".sparkops" / "runs").glob("2*"))


def write_note(root: Path, value: Any) -> None:
    """Remember a JSON value for the verification of the project."""
    (root / "note.json").write_text(json.dumps(value), encoding="utf-8")


def read_note(root: Path) -> Any:
    """Return what `write_note` remembered; None if it was not called."""
    path = root / "note.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
