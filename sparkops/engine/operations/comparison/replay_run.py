"""Replay a run: execute its job with the recorded parameters, settings and versions, and compare the results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sparkops.core.masking import mask_json
from sparkops.engine.adapters.replayed_results import ReplayedResults
from sparkops.engine.operations.comparison.recorded_versions import require_unchanged
from sparkops.engine.operations.comparison.replay_results import choose_comparison, require_comparable
from sparkops.engine.operations.execute_job import resolve_attempt_policy
from sparkops.engine.operations.scoring import find_scoring_job
from sparkops.engine.parameter_sources import (
    Parameters,
    find_secret_names,
    keep_names,
    reveal_secrets,
    to_sources,
)
from sparkops.engine.recorded_parameters import bind_recorded
from sparkops.errors import EngineError, InputError, SparkopsError
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.pipeline.reports.replay_verdict import (
    DEFAULT_EXAMPLES,
    DEFAULT_MODEL_TOLERANCE,
    DEFAULT_TOLERANCE,
    ReplayVerdict,
    verdict_from_json,
)
from sparkops.runs.execution.execute import execute
from sparkops.runs.fingerprint import describe_code, params_to_json
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run, make_run_id
from sparkops.runs.replay.receiver import ReplayReceiver
from sparkops.runs.replay.requirements import (
    describe_code_change,
    find_changed_conf,
    require_environment,
    require_replayable,
    require_same_outputs,
)
from sparkops.runs.request import RunRequest
from sparkops.tables.compare.row_difference import CompareOptions

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer
    from sparkops.engine.project import LoadedProject


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """How a run is replayed.

    Args:
        params: Values of secret parameters, which the record does not contain; and other values than the recorded ones,
            which the verdict lists as overrides.
        tolerance: Relative tolerance of floats; 0 compares them exactly. By default 1e-9, and 1e-4 for metrics and
            scores of models.
        examples: Maximum number of example rows of each kind in the verdict.
        keep: Keep the replayed rows until `sparkops gc`, and say where they are.
        code: Run the present code, or check out the recorded commit and run its jobs in a process of their own.
        checked_out: The project's folder in the worktree of the recorded commit, in the process that runs its jobs.
        run_id: Id of the replay; by default a new one. The recorded code always has a new one.
    """

    params: Parameters = ()
    tolerance: float | None = None
    examples: int = DEFAULT_EXAMPLES
    keep: bool = False
    code: Literal["present", "recorded"] = "present"
    checked_out: Path | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedReplay:
    """A run that can be replayed, with the job and the parameters of its replay.

    Args:
        original: The run.
        job: Its job.
        bound: The parameters of the replay.
        recorded: The parameters of the run.
        overrides: Parameters and settings of the replay that differ from the recorded ones.
    """

    original: Run
    job: Job
    bound: BoundParameters
    recorded: BoundParameters
    overrides: Mapping[str, Any]


def replay_run(container: ServiceContainer, run_id: str, options: ReplayOptions) -> ReplayVerdict:
    """Replay a run and return the verdict; nothing is published.

    Raises:
        InputError: The run cannot be replayed; nothing was started.
        VersionGone: What it read or wrote has changed or was removed; the message lists all of it.
        SparkopsError: What stopped the replay.
    """
    if options.code == "recorded":
        return _replay_recorded_code(container, run_id, options)
    prepared = prepare_replay(container, run_id, options)
    require_comparable(container, prepared.original)
    return _execute(container, prepared, options)


def prepare_replay(container: ServiceContainer, run_id: str, options: ReplayOptions) -> PreparedReplay:
    """Verify that a run can be replayed, begin to start Spark, and load the job.

    Raises:
        InputError: The run cannot be replayed.
        VersionGone: What it read or wrote has changed or was removed.
    """
    project = container.project
    original = find_original(project, run_id)
    require_replayable(original)
    require_environment(original, project.settings.env)
    scoring = find_scoring_job(project, original)
    declared = scoring or project.find_declared(original.job)
    require_same_outputs(original, declared)
    sources = to_sources(options.params)
    secrets = find_secret_names(declared) | set(original.hidden)
    secret_sources = [keep_names(source, secrets) for source in sources]
    recorded = bind_recorded(project.config, declared, original, secret_sources)
    bound = bind_recorded(project.config, declared, original, sources, allow_changes=True)
    _require_secrets(original, bound)
    require_unchanged(container, original, declared)
    if options.checked_out is not None:
        container.spark.code.root = options.checked_out
    container.warm_up([declared])
    if scoring is not None:
        job, values = scoring, bound
    else:
        job, values = project.load_job(declared, bound)
        recorded = project.load_job(declared, recorded)[1]
    changed = {name for source in sources for name in source.values} - secrets
    params = params_to_json(job, values.values)
    return PreparedReplay(
        original=original,
        job=job,
        bound=values,
        recorded=recorded,
        overrides={name: params[name] for name in sorted(changed)}
        | dict(project.describe_overrides(exclude=("jobs",) if options.checked_out else ())),
    )


def _replay_recorded_code(container: ServiceContainer, run_id: str, options: ReplayOptions) -> ReplayVerdict:
    """Replay a run with the code of its commit."""
    from sparkops.engine.operations.comparison.recorded_code import check_out_jobs, replay_in_process

    if any(source.values for source in to_sources(options.params)):
        raise InputError(
            "Parameters cannot be given together with the recorded code: a secret is taken from conf/ or the "
            "environment."
        )
    project = container.project
    original = find_original(project, run_id)
    require_replayable(original)
    require_environment(original, project.settings.env)
    if find_scoring_job(project, original) is not None:
        raise InputError(
            f"Run {original.id} scored a table with `sparkops score`, whose code is that of sparkops: replay it "
            "without --code recorded."
        )
    arguments = ["--rows", str(options.examples)]
    arguments += ["--tolerance", repr(options.tolerance)] if options.tolerance is not None else []
    arguments += ["--keep"] if options.keep else []
    arguments += ["--env", original.env] if original.env not in ("", "base") else []
    arguments += [argument for text in project.overrides for argument in ("--set", text)]
    with check_out_jobs(project.root, project.settings.jobs, original) as code:
        return replay_in_process(project.root, code, original, arguments)


def find_original(project: LoadedProject, run_id: str) -> Run:
    """Return the run of an id or a part of it; `last` is the newest one that was executed and is no replay.

    Raises:
        UnknownName: There is no such run.
    """
    if run_id == "last":
        newest = next((run for run in project.runs.list_newest() if run.state != "skipped"), None)
        if newest is not None:
            return newest
    return project.runs.load(run_id)


def _require_secrets(original: Run, bound: BoundParameters) -> None:
    """Refuse a replay without a secret that the run had.

    Raises:
        InputError: A secret is missing; the message has the option that gives it.
    """
    for name, value in original.params.items():
        if value is not None and bound.values.get(name, value) is None:
            raise InputError(
                f"Run {original.id} had a value of the secret `{name}`, which its record does not show: give it again, "
                f"--param {name}=..."
            )


def _execute(container: ServiceContainer, prepared: PreparedReplay, options: ReplayOptions) -> ReplayVerdict:
    original, job, bound = prepared.original, prepared.job, prepared.bound
    run_id, secrets = options.run_id or make_run_id(), reveal_secrets(bound.values)
    request = RunRequest(
        job=job,
        values=bound.values,
        origins=bound.origins,
        versions=ReadVersions(at=_list_versions(original)),
        run_id=run_id,
        timeout=resolve_attempt_policy(job, container.settings.execution).timeout,
    )
    progress = container.listener.run_started(f"replay of {job.name}")
    try:
        receiver = _build_receiver(container, prepared, options, run_id)
        context = container.build_run_context(secrets, progress)
        with container.active_runs.track(run_id):
            run = execute(
                request,
                partial(container.build_run_services, secrets, progress),
                replace(context, settings=_set_conf(context.settings, receiver.conf)),
                receiver,
            )
    except SparkopsError as error:
        progress.failed(error)
        raise
    progress.finished(run)
    verdict = run.replay.get("verdict")
    if verdict is None:
        raise EngineError(f"The record of replay {run.id} has no verdict.")
    return verdict_from_json(verdict)


def _set_conf(settings: Mapping[str, Any], conf: Mapping[str, str]) -> Mapping[str, Any]:
    """Return settings with `conf` in that of Spark: verdicts about the inputs are looked up by these settings."""
    if not conf:
        return settings
    spark = settings.get("spark") or {}
    return {**settings, "spark": {**spark, "conf": {**(spark.get("conf") or {}), **conf}}}


def find_replay_conf(container: ServiceContainer, prepared: PreparedReplay) -> dict[str, str]:
    """Return the recorded settings of Spark that the job gets in place of the present ones.

    Raises:
        InputError: They cannot be set; see `find_changed_conf`.
    """
    prefix = "--set spark.conf."
    chosen = [name.removeprefix(prefix) for name in prepared.overrides if name.startswith(prefix)]
    return find_changed_conf(prepared.original, container.build_run_context().settings, exclude=chosen)


def _write_page(
    container: ServiceContainer, original: Run, secrets: tuple[str, ...], verdict: ReplayVerdict
) -> str:
    """Write the page of a verdict and return its path."""
    from sparkops.engine.adapters.check_pages import locate_docs
    from sparkops.engine.adapters.reports import ReportPages

    settings = container.settings
    return ReportPages(
        Path(settings.reports),
        container.project.runs,
        docs=locate_docs(settings),
        secrets=(*container.project.config.secrets, *secrets),
    ).write_replay(verdict, original)


def _list_versions(original: Run) -> dict[str, int]:
    """Return the version of each table and model that a run read, by name."""
    tables = {name: pin["version"] for name, pin in original.inputs.items() if pin.get("version") is not None}
    return tables | dict(original.models)


def _build_receiver(
    container: ServiceContainer,
    prepared: PreparedReplay,
    options: ReplayOptions,
    run_id: str,
) -> ReplayReceiver:
    """Return what compares the result of the job with the recorded one in place of publishing it."""
    original, job = prepared.original, prepared.job
    conf = find_replay_conf(container, prepared)
    change = describe_code_change(original, describe_code(job, options.checked_out or container.project.root))
    notes = [change] if change is not None else []
    notes += [f"The replay had the recorded setting {name} = {value}." for name, value in conf.items()]
    tolerance = options.tolerance
    if tolerance is None:
        tolerance = DEFAULT_MODEL_TOLERANCE if job.kind == "model" else DEFAULT_TOLERANCE
    plan = ReplayVerdict(
        run="",
        original=original.id,
        job=job.name,
        notes=tuple(notes),
        tolerance=tolerance,
        code="recorded" if options.checked_out else "present",
        overrides=mask_json(prepared.overrides, container.project.config.secrets),
    )
    return ReplayReceiver(
        job=job,
        original=original,
        comparer=ReplayedResults(
            original=original,
            values=prepared.recorded.values,
            tables=container.tables,
            options=CompareOptions(tolerance=tolerance, examples=options.examples),
            compare_other=choose_comparison(container, original, tolerance),
        ),
        plan=plan,
        write_page=partial(_write_page, container, original, reveal_secrets(prepared.bound.values)),
        conf=conf,
        locate_shadow=partial(container.tables.replayed.locate_shadow, run_id) if options.keep else None,
    )
