"""What is interrupted: how each kind of run is prepared, started and continued, and what must be true when it is complete."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from crashes.project import (
    MODEL,
    SLICES,
    find_row_problems,
    list_run_ids,
    read_note,
    read_rows,
    read_version,
    set_limit,
    write_note,
)

if TYPE_CHECKING:
    from sparkops import Engine

# How a further attempt continues the interrupted one.
Continuation = Literal["resume", "key", "again"]
CONTINUATIONS: Final[tuple[Continuation, ...]] = ("resume", "key", "again")
_SLICE: Final = 1
_ROLLED_BACK: Final = ("left", "left__quarantine", "right", "right__quarantine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One kind of run.

    Args:
        tables: Tables that it writes; before each attempt their suites are changed.
        execute: Starts the run, or continues it.
        find_problems: Returns a sentence for each thing that is wrong in the project after the run is complete.
        prepare: Makes what the run needs, without interruption.
        continuations: How a further attempt may continue it.
        uses_spark: Whether it starts Spark.
    """

    tables: tuple[str, ...] = ()
    execute: Callable[[Engine, Continuation], None]
    find_problems: Callable[[Path], list[str]]
    prepare: Callable[[Engine], None] | None = None
    continuations: Sequence[Continuation] = CONTINUATIONS
    uses_spark: bool = True


def _execute(job: str, params: Mapping[str, Any], engine: Engine, continuation: Continuation) -> None:
    earlier = _find_earlier(engine)
    if continuation == "key":
        engine.run(job, run_key="the key", **params)
    elif continuation == "resume" and earlier is not None:
        engine.resume(earlier)
    else:
        engine.run(job, unfinished="resume", **params)


def _find_earlier(engine: Engine) -> str | None:
    """Return the run that an earlier attempt began, or None."""
    prepared = read_note(engine.root) or {}
    earlier = next((run for run in engine.runs.list_newest() if run.parent is None), None)
    return None if earlier is None or earlier.id in prepared.get("runs", ()) else earlier.id


def _execute_stream(engine: Engine, continuation: Continuation) -> None:  # noqa: ARG001
    engine.run("streamed")


def _execute_parts(engine: Engine, continuation: Continuation) -> None:  # noqa: ARG001
    earlier = _find_earlier(engine)
    if earlier is not None and engine.runs.load(earlier).items:
        engine.resume(earlier)
    else:
        engine.run_each("parts", {"part": range(SLICES)}, max_parallel=2)


def _execute_release(engine: Engine, continuation: Continuation) -> None:  # noqa: ARG001
    from sparkops.engine.operations.release import ReleaseRequest, release_rows

    release_rows(engine.container, ReleaseRequest(table="appended"))


def _execute_rollback(engine: Engine, continuation: Continuation) -> None:  # noqa: ARG001
    # Not the newest run: the clock may be set back.
    earlier = next((run for run in engine.runs.list_newest() if run.rollback is not None), None)
    if earlier is None:
        engine.rollback(read_note(engine.root)["target"], cascade=True)
    else:
        engine.resume(earlier.id)


def _prepare_rollback(engine: Engine) -> None:
    """Write two tables and register a model, twice; the second time is rolled back."""
    for _ in range(2):
        note: dict[str, Any] = {"before": _read_state(engine)}
        set_limit(engine.root, ["left", "right"], 0.5)
        note["target"] = engine.run("two").id
        engine.run("train_left")
    write_note(engine.root, {**note, "versions": read_versions(engine.root)})


def _read_state(engine: Engine) -> dict[str, Any]:
    """Return the rows of the tables, and the aliases of the model, as JSON values."""
    rows = {
        table: sorted([row["id"], row["x"]] for row in read_rows(engine.root, table))
        for table in _ROLLED_BACK
    }
    has_model = any(info.name == MODEL for info in engine.models.list())
    aliases = engine.models.read_alias_state(MODEL) if has_model else None
    return {"rows": rows, "aliases": aliases}


def read_versions(root: Path) -> dict[str, int]:
    """Return the newest versions of the tables that are rolled back."""
    return {table: read_version(root, table) for table in _ROLLED_BACK}


def _prepare(job: str, table: str, limit: float, engine: Engine) -> None:
    """Run a job to its end, and remember its runs and rows."""
    set_limit(engine.root, [table], limit)
    engine.run(job)
    rows = {row["id"]: row["x"] for row in read_rows(engine.root, table)}
    write_note(engine.root, {"runs": list_run_ids(engine.root), "rows": rows})


def _find_problems_of_new_runs(tables: tuple[str, ...], root: Path) -> list[str]:
    prepared = (read_note(root) or {}).get("runs", ())
    return find_row_problems(root, tables, [run for run in list_run_ids(root) if run not in prepared])


def _find_problems_of_slice(root: Path) -> list[str]:
    """Verify that one slice was replaced, and that the rows of the others are those of before."""
    before = {int(id_): x for id_, x in read_note(root)["rows"].items()}
    after = {row["id"]: row["x"] for row in read_rows(root, "replaced")}
    others = {id_ for id_ in before if id_ % SLICES != _SLICE}
    changed = [id_ for id_ in others if after.get(id_) != before[id_]]
    remaining = [id_ for id_ in after if id_ % SLICES == _SLICE and after[id_] == before[id_]]
    problems = _find_problems_of_new_runs(("replaced",), root)
    if changed:
        problems.append(f"{len(changed)} rows of other slices changed")
    if remaining:
        problems.append(f"{len(remaining)} rows of the slice were not replaced")
    return problems


def _find_problems_of_release(root: Path) -> list[str]:
    """Verify that each row is in the table or still in quarantine, and that no release is half done."""
    problems = find_row_problems(root, ("appended",))
    half = [
        row
        for row in read_rows(root, "appended__quarantine")
        if row.get("_sparkops_release") and not row.get("_sparkops_released")
    ]
    return [*problems, f"{len(half)} rows belong to a release that is not complete"] if half else problems


def _find_problems_of_model(root: Path) -> list[str]:
    """Verify that no run registered two versions, and that the version of the done run is the only one with an alias.

    A command without a key is a new run: the version of a run that was killed before its alias stays without one.
    """
    from sparkops import Engine

    with Engine(root) as engine:
        infos = engine.models.list_versions(MODEL)
        runs = [run for run in engine.runs.list_newest(job="train") if run.state == "done"]
        registered = [run.registered["version"] for run in runs if run.registered]
    repeated = len({info.run_id for info in infos}) < len(infos)
    champion = [info.version for info in infos if info.aliases]
    if champion == registered and len(registered) == 1 and not repeated:
        return []
    present = {info.version: (info.run_id, info.aliases) for info in infos}
    return [
        f"versions {present}, recorded {registered}: one version of each run, and an alias for that of the done one"
    ]


def _find_problems_of_rollback(root: Path) -> list[str]:
    """Verify that tables, quarantines and aliases are those before the runs, by one commit each, and what the records say."""
    from sparkops import Engine

    note = read_note(root)
    with Engine(root) as engine:
        after = _read_state(engine)
        runs = {run.id: run for run in engine.runs.list_newest()}
    undo = [run for run in runs.values() if run.rollback is not None]
    problems = [
        f"`{table}` is not what it was before"
        for table, rows in note["before"]["rows"].items()
        if after["rows"][table] != rows
    ]
    commits = {table: version - note["versions"][table] for table, version in read_versions(root).items()}
    if set(commits.values()) != {1}:
        problems.append(f"commits by table: {commits}; each must be restored once")
    if after["aliases"] != note["before"]["aliases"]:
        problems.append(f"aliases {after['aliases']} instead of {note['before']['aliases']}")
    if [run.state for run in undo] != ["done"] or runs[note["target"]].rolled_back != undo[0].id:
        problems.append(f"rollbacks {[run.id for run in undo]}: one must be done, and its run say so")
    return problems


def _make_scenario(job: str, *tables: str, prepare: bool = False, **params: Any) -> Scenario:
    tables = tables or (job,)
    find_problems: Callable[[Path], list[str]] = partial(_find_problems_of_new_runs, tables)
    return Scenario(
        tables=tables,
        execute=partial(_execute, job, params),
        find_problems=_find_problems_of_slice if params else find_problems,
        prepare=partial(_prepare, job, tables[0], 1.0) if prepare else None,
    )


SCENARIOS: Final[dict[str, Scenario]] = {
    "append": _make_scenario("appended"),
    "overwrite": _make_scenario("overwritten", prepare=True),
    "replace": _make_scenario("replaced", prepare=True, slice=_SLICE),
    "merge": _make_scenario("merged"),
    "two tables": _make_scenario("two", "left", "right"),
    "stream": Scenario(
        tables=("streamed",),
        execute=_execute_stream,
        find_problems=partial(find_row_problems, tables=("streamed",)),
    ),
    "fan-out": Scenario(
        tables=("parts",),
        execute=_execute_parts,
        find_problems=partial(find_row_problems, tables=("parts",)),
    ),
    "release": Scenario(
        tables=("appended",),
        execute=_execute_release,
        find_problems=_find_problems_of_release,
        prepare=partial(_prepare, "appended", "appended", 0.3),
        continuations=("resume",),
    ),
    "registration": Scenario(
        execute=partial(_execute, "train", {}),
        find_problems=_find_problems_of_model,
    ),
    "rollback": Scenario(
        execute=_execute_rollback,
        find_problems=_find_problems_of_rollback,
        prepare=_prepare_rollback,
        continuations=("resume",),
        uses_spark=False,
    ),
}
