"""A flow over a project: which jobs, in which order, and which of them have anything to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.errors import ParamErrors, Problem, SparkopsError
from sparkops.pipeline.graph import execution_order, upstream
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.runs.code import source_hash
from sparkops.runs.fingerprint import fingerprint
from sparkops.runs.flow import Step, flow
from sparkops.runs.params import as_json
from sparkops.runs.record import Run
from sparkops.tables.quarantine.quarantine import DISCARD, RELEASE

if TYPE_CHECKING:
    from sparkops.engine.container import Workshop
    from sparkops.engine.engine import Engine


def run_flow(
    engine: Engine,
    targets: Sequence[str],
    *,
    given: Mapping[str, Any],
    at: Mapping[str, int],
    as_of: datetime | None,
    force: bool,
    last: bool,
) -> tuple[Step, ...]:
    """Run the flow that `Engine.flow` describes."""
    declared = engine.declared
    jobs = execution_order(declared, targets)
    bound = _bind_all(engine, jobs, targets, given, at)
    fresh = Freshness(engine, bound, set(targets) if last else set(), force)

    def one(job: Job) -> Run:
        engine.warm([job])
        pins = (at, as_of) if job.name in targets else ({}, None)
        return engine.run_bound(*engine.ready(job, bound[job.name]), at=pins[0], as_of=pins[1])

    before = {job.name: [above.name for above in upstream(job, declared)] for job in jobs}
    steps = flow(jobs, before=before, fresh=fresh.earlier, run=one, told=engine.tell)
    broken = [step.error for step in steps if step.error is not None]
    if broken:
        raise _all(broken)
    return steps


def _all(broken: Sequence[SparkopsError]) -> SparkopsError:
    """Return the first error, the others told with it."""
    first = broken[0]
    if len(broken) == 1:
        return first
    told = type(first).__new__(type(first), *first.args)
    told.args = ("\n".join(str(error) for error in broken),)
    for error in broken:
        for note in getattr(error, "__notes__", ()):
            told.add_note(note)
    return told


def _bind_all(
    engine: Engine,
    jobs: Sequence[Job],
    targets: Sequence[str],
    given: Mapping[str, Any],
    at: Collection[str],
) -> dict[str, BoundParameters]:
    """Bind every job of the flow; each takes what it declares, and all that is wrong is told at once."""
    problems: list[Problem] = []
    bound: dict[str, BoundParameters] = {}
    known = {param.name for job in jobs for param in job.params}
    read = {name for job in jobs if job.name in targets for name in (*job.tables, *job.models)}
    for job in jobs:
        mine = {param.name for param in job.params}
        target = job.name in targets
        strange = given.keys() - known if target else set()
        chosen = {name: value for name, value in given.items() if name in mine | strange}
        try:
            unread = [name for name in at if name not in read] if target else []
            bound[job.name] = engine.bind(job, chosen, origin="command line", at=unread)
        except ParamErrors as error:
            problems += error.problems
    if problems:
        raise ParamErrors(", ".join(targets), problems)
    return bound


@dataclass(frozen=True, slots=True)
class Freshness:
    """Which jobs have nothing to do: the same work was done before, and what it made still stands."""

    engine: Engine
    bound: Mapping[str, BoundParameters]
    always: set[str]
    force: bool

    def earlier(self, job: Job) -> Run | None:
        """Return the run that makes another one needless, or None."""
        if self.force or job.name in self.always:
            return None
        try:
            wanted = self._fingerprint(job)
        except SparkopsError:  # an input is not there yet: the run itself will say so
            return None
        for run in self.engine.runs.newest(job=job.name, limit=20):
            if run.state == "done":
                return run if run.fingerprint == wanted and self._stands(run) else None
        return None

    def _fingerprint(self, job: Job) -> str:
        shop = self.engine.workshop
        return fingerprint(
            job,
            source=source_hash(job, self.engine.root),
            params=as_json(job, self.bound[job.name].values),
            pins=[shop.tables.pin(table) for table in job.tables],
            models={name: self.engine.models.resolve(name).version for name in job.models},
            suites={write.table: shop.suite_identity(write.table) for write in job.writes},
        )

    def _stands(self, run: Run) -> bool:
        if run.report is not None:
            return Path(run.report).is_file()
        if run.registered is not None:
            return self._registered(run)
        shop: Workshop = self.engine.workshop
        return all(_holds(shop, name, out["version"]) for name, out in run.outputs.items())

    def _registered(self, run: Run) -> bool:
        assert run.registered is not None
        try:
            self.engine.models.resolve(run.registered["name"], run.registered["version"])
        except SparkopsError:
            return False
        return True


def _holds(shop: Workshop, table: str, version: int) -> bool:
    """Tell whether a table holds what a run published in a version; rows that were released since do not undo that."""
    newest = shop.tables.info(table).version
    if newest is None or newest < version:
        return False
    since = [commit for commit in shop.tables.history(table, newest - version) if commit.version > version]
    return len(since) == newest - version and all(
        (commit.run_id or "").startswith((RELEASE, DISCARD)) for commit in since
    )
