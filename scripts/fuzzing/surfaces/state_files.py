"""Damaged files of the state beside the records, and of the logs of tables: commands name them and go on."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from fuzzing.folders import GOLDEN, apply_replacement, draw_content
from fuzzing.project import make_project, run_quietly, without_jvm
from fuzzing.surface import ACCEPTED, Case, RunCase, Surface, describe_refusal
from sparkops.errors import SparkopsError
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.checks.checkpoint import CheckedExpectation, CheckpointFacts
from sparkops.pipeline.table import Pin
from sparkops.reports.check_docs import DataDocs
from sparkops.runs.records.verdicts import VerdictStore, VersionVerdict

_RUN: Final = min(folder.name for folder in (GOLDEN / "v2" / "runs").iterdir())
_TIME: Final = "2026-11-30T03:20:00+00:00"
_PIN: Final = Pin(table="clean", kind="delta", location="clean", version=0, identity="i", schema_hash="h")
_VERDICT: Final = VersionVerdict(
    table="clean", version=0, suite="s", failed=False, results=({"success": True},), summary="passed", run=_RUN, time=_TIME
)  # fmt: skip
_KEY: Final = hashlib.sha256(json.dumps(["orders", "k1"]).encode()).hexdigest()[:32]
_PAGE: Final = {
    "table": "t",
    "run": "r",
    "path": "validations/t/r/checkpoint/results.html",
    "success": True,
    "time": _TIME,
}
# The JSON files of the state, each with what a run writes there.
_DOCUMENTS: Final[dict[str, Any]] = {
    f".sparkops/publishing/{_RUN}.json": {
        "run": _RUN,
        "job": "orders",
        "params": "p",
        "before": {"clean": 1, "new": None},
    },
    f".sparkops/keys/{_KEY}.json": {"run": _RUN, "job": "orders", "key": "k1", "params": "p"},
    f".sparkops/runs/{_RUN}/copies.json": {"copies": [{"table": "clean", "identity": "i", "version": 0}]},
    ".sparkops/runs/.index.json": {
        "format": 2,
        "runs": {_RUN: [1, "attempt-001.jsonl", 10, "orders", "done", _TIME, "p"]},
    },
    ".sparkops/gx/docs/pages.jsonl": _PAGE,
    f"warehouse/_staging/{_RUN}/plan.json": {"format": 1, "tables": []},
    "warehouse/_streams/orders/metadata": {"id": "0b4e3c9e"},
}
_COMMANDS: Final = (
    "runs", "runs --job orders", "runs --since 900d", "runs at-risk", "runs keep", f"runs keep {_RUN} --undo", f"runs keep {_RUN}",
    "runs prune --keep 1m --dry-run", "runs resume --all", "rollback last --dry-run", "gc --older-than 0 --dry-run", "tables",
    "tables history clean", "tables history orders", "plan", "streams", "lineage clean", "lineage orders@0", "run orders --run-key k1",
    "data docs", "verdict",
)  # fmt: skip


def list_documents() -> dict[str, bytes]:
    """Return the content of each file that a case damages, by its path in the project."""
    logs = (
        path
        for path in sorted((GOLDEN / "v2" / "tables").glob("*/_delta_log/*"))
        if path.suffix in (".json", ".crc")
    )
    tables = {
        f"warehouse/{path.relative_to(GOLDEN / 'v2' / 'tables').as_posix()}": path.read_bytes()
        for path in logs
    }
    return {name: json.dumps(value).encode() + b"\n" for name, value in _DOCUMENTS.items()} | tables


def draw_case(draw: Random) -> Case:
    """Return damage of some files, and the command that reads them."""
    documents = list_documents()
    # The logs of tables are many.
    names = [draw.choice((*_DOCUMENTS, *_DOCUMENTS, *documents)) for _ in range(draw.choice((1, 1, 2, 3)))]
    damage = {name: draw_content(documents[name], ".json", draw) for name in names}
    verdict = draw_content(json.dumps({"format": 1, "table": "clean", "version": 0}).encode(), ".json", draw)
    return {"damage": damage, "verdict": verdict, "command": draw.choice(_COMMANDS)}


@contextmanager
def prepare(folder: Path) -> Iterator[RunCase]:
    """Yield the function that runs a command in a project with damaged files."""
    original = make_project(folder / "original")
    for name, value in _DOCUMENTS.items():
        path = original / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value) + "\n", "utf-8")
    VerdictStore(original / ".sparkops" / "verdicts").save(_PIN, _VERDICT)

    def run_case(case: Case, folder: Path) -> str:
        project = folder / "project"
        shutil.copytree(original, project)
        for name, replacement in case["damage"].items():
            apply_replacement(project / name, replacement)
        for path in (project / ".sparkops" / "verdicts").iterdir():
            apply_replacement(path, case["verdict"])
        with without_jvm(project):
            return _run(case["command"], project)

    with without_jvm(original):
        for command in ("runs --job orders", "tables history clean", "plan"):
            run_quietly(command.split())
        yield run_case


def _run(command: str, project: Path) -> str:
    try:
        if command == "data docs":
            DataDocs(project / ".sparkops" / "gx" / "docs").write(_make_checkpoint())
        elif command == "verdict":
            VerdictStore(project / ".sparkops" / "verdicts").find(_PIN, "s")
        else:
            return run_quietly(command.split())
    except SparkopsError as error:
        return describe_refusal(error)
    return ACCEPTED


def _make_checkpoint() -> CheckpointFacts:
    result = CheckResult(table="clean", expectation="expect_column_to_exist", success=True)
    return CheckpointFacts(
        table="clean", run_id=_RUN, time=datetime(2026, 11, 30, tzinfo=UTC), expectations=(CheckedExpectation(result=result),),
        suite="conf/checks/clean.yml", blocked=False, rows=1,
    )  # fmt: skip


SURFACE = Surface("state-files", draw_case, prepare, seconds=5.0)
