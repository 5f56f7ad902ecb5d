"""Models, quarantines, check results and differences between runs, as the HTTP interface shows them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from fakes.served_project import DAY, Served, add_quarantined_rows, served

from sparkops.engine import Engine
from sparkops.pipeline.checks.check import CheckResult, RecordedCheck

_TABLES = """
    create table model_versions (name, version, run_id, storage_location, source, creation_time, current_stage);
    create table registered_model_aliases (name, alias, version);
    create table model_version_tags (name, version, key, value);
    create table latest_metrics (run_uuid, key, value, is_nan);
"""
_GATE = {"metric": "auc", "rule": "at least 0.8", "value": 0.9, "champion": None, "passed": True}


def register(project: Path) -> None:
    """Register two versions of a model and one of another, as MLflow's database has them."""
    file = project / "mlflow" / "mlflow.db"
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as store, store:
        store.executescript(_TABLES)
        for name, version in (("late", 1), ("late", 2), ("other", 1)):
            row = (name, version, f"run{version}", "/nowhere", None, 1_700_000_000_000, "None")
            store.execute("insert into model_versions values (?, ?, ?, ?, ?, ?, ?)", row)
        store.execute("insert into registered_model_aliases values ('late', 'champion', 1)")
        store.execute("insert into latest_metrics values ('run2', 'auc', 0.9, 0)")
        tags = {
            "sparkops.compiled": "true",
            "sparkops.parity": "500",
            "sparkops.gates": json.dumps([_GATE]),
            "sparkops.run_id": "20260101-000000-aaaaaa",
        }
        for key, value in tags.items():
            store.execute("insert into model_version_tags values ('late', 2, ?, ?)", (key, value))


def test_models_are_listed_and_shown_with_gates_and_certificate(project: Path) -> None:
    register(project)

    async def scenario(api: Served) -> None:
        assert (await api.get("/models")).json() == {
            "models": [
                {"name": "late", "newest": 2, "versions": 2, "aliases": {"champion": 1}},
                {"name": "other", "newest": 1, "versions": 1, "aliases": {}},
            ]
        }
        model = (await api.get("/models/late")).json()
        assert [version["version"] for version in model["versions"]] == [2, 1]
        newest, champion = model["versions"]
        assert (newest["gates"], newest["metrics"], newest["run_id"]) == (
            [_GATE], {"auc": 0.9}, "20260101-000000-aaaaaa",
        )  # fmt: skip
        assert newest["certificate"] == {"is_certified": True, "rows": 500, "scorer": "compiled"}
        assert champion["aliases"] == ["champion"]
        assert champion["certificate"] == {"is_certified": False, "rows": 0, "scorer": "none"}

    served(project, scenario)


def test_a_project_without_models_lists_none(project: Path) -> None:
    async def scenario(api: Served) -> None:
        assert (await api.get("/models")).json() == {"models": []}

    served(project, scenario)


def test_quarantined_rows_are_listed_and_shown(project: Path) -> None:
    engine = Engine(project)
    add_quarantined_rows(engine, "out", "r1", "r1", "r2")
    write_deltalake(project / "data" / "warehouse" / "clean", pa.table({"n": [1]}))

    async def scenario(api: Served) -> None:
        facts = {"table": "out", "held": 3, "runs": ["r1", "r2"], "interrupted": []}
        assert (await api.get("/quarantine")).json() == {"tables": [facts]}
        shown = (await api.get("/quarantine/out?limit=1")).json()
        counts = [
            {"run": run, "reasons": ["n > 5"], "state": "held", "release": None, "rows": rows}
            for run, rows in (("r1", 2), ("r2", 1))
        ]
        row = {"n": 0, "_sparkops_run": "r1", "_sparkops_reasons": ["n > 5"]}
        assert shown == {**facts, "counts": counts, "rows": [row]}
        shown = (await api.get("/quarantine/out?run=r2")).json()
        assert [row["n"] for row in shown["rows"]] == [2]

    served(project, scenario)


def test_recorded_check_results_are_shown_by_expectation(project: Path) -> None:
    engine = Engine(project)
    results = [
        RecordedCheck(
            time=datetime(2026, 1, 1, tzinfo=UTC),
            run="r1",
            job="done",
            version=3,
            position=position,
            result=CheckResult(
                table="out", expectation=f"expect_{name}", kwargs={"column": "n"}, success=success
            ),
        )
        for position, (name, success) in enumerate((("one", True), ("two", False)))
    ]
    history = engine.settings.checks.results or ""
    engine.container.tables.append_check_results(history, results, run_id="r1", published=True)

    async def scenario(api: Served) -> None:
        shown = (await api.get("/tables/out/checks")).json()
        assert [(each["expectation"], each["failed"]) for each in shown["expectations"]] == [
            ("expect_one", 0), ("expect_two", 1),
        ]  # fmt: skip
        assert shown["expectations"][1]["results"][0]["version"] == 3
        only = (await api.get("/tables/out/checks?expectation=two")).json()
        assert len(only["expectations"]) == 1

    served(project, scenario)


def test_two_runs_are_compared(project: Path) -> None:
    async def scenario(api: Served) -> None:
        first = (await api.post("/jobs/done/runs?wait=20", DAY)).json()["id"]
        other = {"params": {"day": "2013-07-05"}}
        second = (await api.post("/jobs/done/runs?wait=20", other)).json()["id"]
        difference = (await api.get(f"/runs/{first}/diff/{second}")).json()
        assert (difference["before"], difference["after"], difference["jobs"]) == (
            first,
            second,
            ["done", "done"],
        )
        assert difference["differences"]["parameters"][0] == {
            "name": "day", "before": "2013-07-04", "after": "2013-07-05", "detail": "", "change": None,
        }  # fmt: skip

    served(project, scenario)


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/models/late", 404, "No model `late`"),
        ("/models?limit=1", 422, "Unknown query parameter `limit`"),
        ("/quarantine/nothing", 404, "No table `nothing`"),
        ("/quarantine/source", 404, "No table `source`"),
        ("/quarantine/..%2Fx", 404, "exist"),
        ("/tables/nothing/checks", 404, "nothing"),
        ("/runs/a/diff/b", 404, "No run `a`"),
    ],
)
def test_what_is_not_there_is_named(project: Path, path: str, status: int, detail: str) -> None:
    async def scenario(api: Served) -> None:
        answer = await api.get(path)
        assert answer.status_code == status, answer.text
        assert detail in answer.json()["detail"]

    served(project, scenario)
