"""Roll back a run: its tables and the aliases of its models return to their state before it, all or nothing.

A rollback is a run of its own. Its plan is recorded with its first event, so that a rollback that stopped is completed
by resuming it; rolling it back brings back what it undid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparkops.engine.adapters.rollback import ProjectEvidence
from sparkops.errors import ProjectError, SparkopsError, TableBusy
from sparkops.pipeline.staging import RELEASE_PREFIXES
from sparkops.runs.execution.lock import lock_for_writing
from sparkops.runs.records.log import open_log
from sparkops.runs.records.run import Run, make_run_id, utc_now
from sparkops.runs.records.store import Attempt
from sparkops.runs.request import RunContext
from sparkops.runs.rollback.execute import RollbackServices, execute_rollback
from sparkops.runs.rollback.plan import (
    JOB,
    RollbackPlan,
    rollback_plan_from_json,
    rollback_plan_to_json,
)
from sparkops.runs.rollback.planner import RollbackOptions, plan_rollback
from sparkops.runs.rollback.selection import RollbackGroup

if TYPE_CHECKING:
    from collections.abc import Callable

    from sparkops.engine.container import ServiceContainer


def find_plan(
    container: ServiceContainer, target: str, options: RollbackOptions, *, rollback_id: str | None = None
) -> RollbackPlan:
    """Return what the rollback of a run would change; nothing is changed.

    Args:
        container: The services.
        target: The run (see `RunStore.resolve_id`), or the id of a release of quarantined rows.
        options: What may be rolled back, too.
        rollback_id: Id of the rollback; by default a new one.

    Raises:
        RollbackRefused: Something prevents it; its message lists that.
        InputError: The run is not one that can be rolled back.
        VersionGone: A version to which a table would return was removed.
    """
    runs = container.project.runs
    if not target.startswith(RELEASE_PREFIXES):
        target = runs.resolve_id(target)
        # Read alone first: a damaged record of the run itself is an error, that of another run a warning.
        runs.read(target)
    publications = container.build_run_context().publications.list_open()
    open_rollbacks = frozenset(publication.run for publication in publications if publication.is_rollback)
    evidence = _build_evidence(container)
    group = RollbackGroup({run.id: run for run in runs.list_newest()}, evidence, open_rollbacks)
    return plan_rollback(rollback_id or make_run_id(), target, group, evidence, options)


def roll_back(
    container: ServiceContainer, target: str, options: RollbackOptions, *, run_id: str | None = None
) -> Run:
    """Roll back a run, and return the rollback's record.

    Args:
        container: The services.
        target: The run, a rollback, or the id of a release of quarantined rows.
        options: What may be rolled back, too.
        run_id: Id of the rollback; by default a new one.

    Raises:
        RollbackRefused: Something prevents it; nothing was changed.
        SparkopsError: What stopped it; resuming the rollback completes it.
    """
    params = {"run": target, "cascade": options.cascade, "include_foreign": options.include_foreign}
    return _plan_and_execute(container, target, options, run_id or make_run_id(), params=params)


def resume_rollback(container: ServiceContainer, earlier: Run) -> Run:
    """Complete a rollback that stopped; one that had not begun to change anything is planned again.

    Raises:
        RollbackRefused: It had not begun, and something prevents it now; nothing was changed.
        SparkopsError: What stopped it again.
    """
    context = container.build_run_context()
    if not context.publications.contains(earlier.id):
        # Nothing prevented other runs from writing its tables meanwhile.
        params = earlier.params
        options = RollbackOptions(cascade=params["cascade"], include_foreign=params["include_foreign"])
        return _plan_and_execute(container, params["run"], options, earlier.id)
    plan = rollback_plan_from_json(earlier.id, earlier.rollback or {})
    with lock_for_writing(context.locks, _list_locks(container, plan), earlier.id, wait=context.wait):
        return _execute(container, plan, _begin(context, plan))


def _plan_and_execute(
    container: ServiceContainer, target: str, options: RollbackOptions, rollback_id: str, **facts: Any
) -> Run:
    """Plan a rollback, record its plan with the facts, and execute it."""
    context = container.build_run_context()
    first = find_plan(container, target, options, rollback_id=rollback_id)
    locks = _list_locks(container, first)
    with lock_for_writing(context.locks, locks, rollback_id, wait=context.wait):
        # Only now can no other run of the project write the tables.
        plan = find_plan(container, target, options, rollback_id=rollback_id)
        if not _list_locks(container, plan) <= locks:
            raise TableBusy(
                "Another run wrote further tables in the meantime; nothing was changed. Run it again."
            )
        attempt = _begin(context, plan, rollback=rollback_plan_to_json(plan), **facts)
        return _execute(container, plan, attempt)


def _list_locks(container: ServiceContainer, plan: RollbackPlan) -> frozenset[str]:
    """Return what is locked while a plan is executed: its tables and models, and runs that wrote none.

    Two rollbacks of a run that wrote nothing could still change its state at the same time. The parts of a fan-out have
    one lock.
    """
    locks = set(plan.written)
    for item in plan.runs:
        try:
            run = container.project.runs.read(item.run)
        except (ProjectError, ValueError):
            # A release of quarantined rows has no record.
            continue
        if not run.outputs and run.registered is None:
            locks.add(f"run {run.parent or run.id}")
    return frozenset(locks)


def _begin(context: RunContext, plan: RollbackPlan, **facts: Any) -> Attempt:
    return context.runs.begin(
        plan.run, JOB, secrets=context.secrets, env=context.env, settings=dict(context.settings), **facts
    )


def _execute(container: ServiceContainer, plan: RollbackPlan, attempt: Attempt) -> Run:
    """Execute the plan, and report its start and end to the listener."""
    progress = container.listener.run_started(JOB)
    context = container.build_run_context()
    try:
        with open_log(attempt.log, context.secrets) as log:

            def announce(step: str) -> None:
                log.write(f"{utc_now().isoformat(timespec='seconds')} {step}\n")
                progress.step_started(step)

            execute_rollback(plan, attempt, _build_services(container, context, announce))
    except SparkopsError as error:
        progress.failed(error)
        raise
    run = container.project.runs.load(plan.run)
    progress.finished(run)
    return run


def _build_services(
    container: ServiceContainer, context: RunContext, announce: Callable[[str], None]
) -> RollbackServices:
    return RollbackServices(
        runs=context.runs,
        publications=context.publications,
        tables=container.tables,
        aliases=_build_evidence(container),
        discard_staged=container.tables.staging.discard,
        on_step=announce,
    )


def _build_evidence(container: ServiceContainer) -> ProjectEvidence:
    return ProjectEvidence(container.project, container.tables, lambda: container.project.models)
