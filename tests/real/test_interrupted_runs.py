"""The short form of scripts/chaos, and that its verification finds what it looks for."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from fakes.delta_runs import DeltaRuns, open_without_spark

SCRIPTS = Path(__file__).parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from crashes.attempt import Attempt, AttemptResult, Interruption, run_attempt  # noqa: E402
from crashes.faults import Fault  # noqa: E402
from crashes.project import (  # noqa: E402
    ROWS,
    find_leftovers,
    find_row_problems,
    locate_warehouse,
    make_project,
    set_limit,
    write_note,
)
from crashes.scenarios import SCENARIOS  # noqa: E402
from crashes.steps import ROLLBACK_STEPS, STEPS  # noqa: E402


def write(root: Path, table: str, ids: list[int], **columns: list[object]) -> None:
    write_deltalake(locate_warehouse(root) / table, pa.table({"id": ids, **columns}))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda ids: ids, None),
        (lambda ids: ids[1:], "1 rows lost, 0 doubled"),
        (lambda ids: [*ids, 7, 8], "0 rows lost, 2 doubled"),
        (lambda ids: [*ids[1:], 7], "1 rows lost, 1 doubled"),
    ],
)
def test_lost_and_doubled_rows_are_counted(
    change: Callable[[list[int]], list[int]], problem: str | None, tmp_path: Path
) -> None:
    write(tmp_path, "rows", change([*range(ROWS // 2)]))
    write(
        tmp_path,
        "rows__quarantine",
        [*range(ROWS // 2, ROWS)],
        _sparkops_reasons=[["x"]] * (ROWS // 2),
        _sparkops_run=["a"] * (ROWS // 2),
    )
    assert find_row_problems(tmp_path, ["rows"]) == ([problem] if problem else [])


def test_quarantined_rows_count_for_their_run_and_until_they_are_released(tmp_path: Path) -> None:
    write(tmp_path, "rows", [*range(ROWS)])
    columns = {
        "_sparkops_reasons": [["x"]] * 2,
        "_sparkops_run": ["a", "b"],
        "_sparkops_release": ["r", None],
    }
    write(tmp_path, "rows__quarantine", [1, 2], **columns)
    assert find_row_problems(tmp_path, ["rows"], ["a"]) == []
    assert find_row_problems(tmp_path, ["rows"], ["b"]) == ["0 rows lost, 1 doubled"]


def test_staged_rows_and_open_publications_are_left_overs(tmp_path: Path) -> None:
    (locate_warehouse(tmp_path) / "_staging" / "20260101-000000-abc").mkdir(parents=True)
    (tmp_path / ".sparkops" / "publishing").mkdir(parents=True)
    assert find_leftovers(tmp_path, cleaned=False) == []
    assert find_leftovers(tmp_path, cleaned=True) == ["staged rows are left: ['20260101-000000-abc']"]
    (tmp_path / ".sparkops" / "publishing" / "a.json").touch()
    assert find_leftovers(tmp_path, cleaned=False) == ["the journal says that a run is not complete"]


@pytest.mark.parametrize(
    ("step", "before", "call"),
    [
        ("journal-begin", True, 1),
        ("mark", False, 1),
        ("restore", True, 3),
        ("restore", False, 4),
        ("journal-complete", True, 1),
        ("journal-complete", True, 2),
    ],
)
def test_a_rollback_that_is_killed_between_two_steps_is_completed(
    step: str, before: bool, call: int, tmp_path: Path
) -> None:
    root, tables = tmp_path / "project", ("left", "left__quarantine", "right", "right__quarantine")
    make_project(root)
    project = DeltaRuns(open_without_spark(root))
    for x in (1, 2):
        target = project.run("two", writes={table: {"id": [x], "x": [x]} for table in tables})
    note = {
        "target": target,
        "before": {"rows": {table: [[1, 1]] for table in tables}, "aliases": None},
        "versions": dict.fromkeys(tables, 1),
    }
    write_note(root, note)
    interruption = Interruption(fault="driver", step=ROLLBACK_STEPS[step], before=before, call=call)
    killed = run_attempt(make_rollback_attempt(root, interruption), forked=False)
    assert (killed.struck, killed.done, killed.problem) == (True, False, "")
    assert SCENARIOS["rollback"].find_problems(root) + find_leftovers(root, cleaned=True) != []
    assert run_attempt(make_rollback_attempt(root, None), forked=False) == AttemptResult(
        struck=False, done=True
    )
    assert SCENARIOS["rollback"].find_problems(root) == []
    assert find_leftovers(root, cleaned=True) == []


def make_rollback_attempt(root: Path, interruption: Interruption | None) -> Attempt:
    return Attempt(
        scenario="rollback",
        root=str(root),
        scratch=str(root),
        continuation="resume",
        interruption=interruption,
    )


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("fault", "step"), [("driver", "publish"), pytest.param("jvm", "stage", marks=pytest.mark.slow)]
)
def test_an_interrupted_run_is_completed_with_every_row_in_one_place_once(
    fault: Fault, step: str, tmp_path: Path
) -> None:
    root, scratch = tmp_path / "project", tmp_path
    make_project(root)
    set_limit(root, ["merged"], 0.5)

    def attempt(interruption: Interruption | None) -> AttemptResult:
        value = Attempt(
            scenario="merge",
            root=str(root),
            scratch=str(scratch),
            continuation="resume",
            interruption=interruption,
        )
        return run_attempt(value, forked=False)

    interrupted = attempt(Interruption(fault=fault, step=STEPS[step], before=False))
    assert (interrupted.struck, interrupted.done, interrupted.problem) == (True, False, "")
    assert attempt(None) == AttemptResult(struck=False, done=True)
    assert find_row_problems(root, ["merged"]) == []
    assert find_leftovers(root, cleaned=True) == []
