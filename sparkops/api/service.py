"""What the service does for its callers, without HTTP: accept requests, find runs, cancel them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Final

from sparkops.api.callbacks.address import require_permitted
from sparkops.api.cancellation import Cancellation
from sparkops.api.database.submission import JobRequest, Outcome, Submission
from sparkops.api.database.submissions import NewSubmission, SubmissionStore
from sparkops.api.dispatcher import Dispatcher
from sparkops.api.last_run import find_last_run
from sparkops.api.text_parameters import add_texts
from sparkops.config.api_settings import ApiSettings, ContextSettings, ServedJobSettings
from sparkops.config.settings import Settings
from sparkops.engine.engine import Engine
from sparkops.engine.operations.cancel_run import describe_requester
from sparkops.engine.parameter_sources import find_secret_names
from sparkops.errors import InputError, ParamErrors, Problem, ProjectError, SparkopsError, UnknownName
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import ParameterSource
from sparkops.pipeline.parameters.option import ParameterSyntax
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.pipeline.stream import with_interval
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run, make_run_id
from sparkops.runs.records.states import ACTIVE

DEFAULT_CONTEXT: Final = "default"
# The context of streams that go on until they are stopped.
STREAMS_CONTEXT: Final = "streams"
# Its limits: one process for all streams, which starts with the first one. A stream that runs for months may lose its
# process more often than another run.
STREAMS: Final = ContextSettings(max_runs=16, spare=0, idle=600.0, retries=100)
# States after which the service continues no run.
_FINAL: Final = frozenset({"done", "cancelled", "skipped", "rolled_back"})


class QueueFull(SparkopsError):
    """The queue of a context is full; the caller may try again later.

    Args:
        message: Which queue, and its limit.
        retry_after: Seconds after which a place may be free.
    """

    def __init__(self, message: str, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedRun:
    """A run as its callers see it: the request, and the record once there is one.

    Args:
        submission: The request; None for a run that was started elsewhere.
        run: The record; None before the run has begun.
    """

    submission: Submission | None
    run: Run | None

    @property
    def id(self) -> str:
        """Return the id of the run."""
        if self.submission is not None:
            return self.submission.run_id
        assert self.run is not None
        return self.run.id

    @property
    def job(self) -> str:
        """Return the name of the job."""
        if self.run is not None:
            return self.run.job
        assert self.submission is not None
        return self.submission.request.job

    @property
    def state(self) -> str:
        """Return the state: that of the record, or else that of the request."""
        if self.submission is not None and self.submission.state != "ended":
            return _find_present_state(self.submission, self.run)
        if self.run is not None:
            return self.run.state
        outcome = self.submission.outcome if self.submission is not None else None
        return outcome.state if outcome is not None else "queued"

    @property
    def has_ended(self) -> bool:
        """Return whether nothing more happens to it by itself."""
        if self.submission is not None:
            return self.submission.state == "ended"
        return self.state not in ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class JobService:
    """Accepts requests for runs of a project's jobs.

    Args:
        engine: The project, without Spark.
        store: The queue.
        dispatcher: Starts what is queued.
    """

    engine: Engine
    store: SubmissionStore
    dispatcher: Dispatcher
    _cancellation: Cancellation = field(init=False)

    def __post_init__(self) -> None:
        """Read the project, so that later changes of its files are seen."""
        cancellation = Cancellation(store=self.store, runs=self.engine.runs)
        object.__setattr__(self, "_cancellation", cancellation)
        self.engine.reload()

    @property
    def settings(self) -> ApiSettings:
        """Return the settings of the service."""
        return self.engine.settings.api

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the values of the configuration that no answer shows."""
        return self.engine.project.config.secrets

    def reload(self) -> None:
        """Read the project again if its files were changed: requests are about what is on disk.

        Changed jobs are read by the processes of the contexts before each run. Other settings than parameters and those of
        the service take effect with new processes, which are started when these are changed.

        Raises:
            ProjectError: The project cannot be used now.
        """
        before = self.engine.settings
        try:
            if not self.engine.reload():
                return
            contexts = resolve_contexts(self.settings)
        except SparkopsError as error:
            raise ProjectError(f"The project cannot be used until this is corrected: {error}") from None
        renew = _select_process_settings(before) != _select_process_settings(self.engine.settings)
        self.dispatcher.change_settings(contexts, renew=renew)

    def submit(
        self,
        request: JobRequest,
        *,
        caller: str,
        key: str | None = None,
        served_as: str | None = None,
        traceparent: str | None = None,
    ) -> tuple[RequestedRun, bool]:
        """Accept a request for a run; it is executed, whatever happens to the service.

        Args:
            request: What is asked for.
            caller: Who asks.
            key: Idempotency key: the same request with the same key is one run.
            served_as: The job whose context and priority it has; by default its own.
            traceparent: The span of the caller, as W3C Trace Context.

        Returns:
            The run; and whether it is a new one.

        Raises:
            InputError: The job, a parameter or a version is wrong; all parameters are named; or the address of the
                callback is not permitted. Nothing was accepted.
            QueueFull: Too many requests wait.
        """
        self.reload()
        self._require_permitted(request)
        goes_on = request.kind == "run" and self._require_valid(request)[0].every is not None
        name = served_as or request.job
        served = self.settings.jobs.get(name, ServedJobSettings())
        context = choose_context(self.settings, name, goes_on=goes_on)
        self._require_queue_space(context)
        new = NewSubmission(
            run_id=make_run_id(),
            request=request,
            context=context,
            caller=caller,
            priority=served.priority,
            key=key,
            traceparent=traceparent,
        )
        submission, is_new = self.store.accept(new)
        self.dispatcher.wake()
        return self.add_record(submission), is_new

    def add_texts(self, request: JobRequest, texts: Any) -> JobRequest:
        """Return a request with further parameters, which are texts of a command line; see `add_texts`."""
        self.reload()
        return add_texts(self.engine.project, request, texts)

    def answer_from_last_run(
        self, request: JobRequest, *, caller: str, key: str | None = None
    ) -> RequestedRun | None:
        """Accept a request that an earlier run answers, and return it; None if a run is needed.

        Args:
            request: A request for a run.
            caller: Who asks.
            key: Idempotency key.

        Raises:
            InputError: The job, a parameter, a version or the address of the callback is wrong.
        """
        self.reload()
        self._require_permitted(request)
        job, source, versions = self._require_valid(request)
        run = find_last_run(self.engine.container, job, source, versions) if job.every is None else None
        if run is None:
            return None
        new = NewSubmission(
            run_id=make_run_id(),
            request=request,
            context=choose_context(self.settings, request.job),
            caller=caller,
            key=key,
            outcome=Outcome(state="done", run_id=run.id),
        )
        return self.add_record(self.store.accept(new)[0])

    def find(self, run_id: str) -> RequestedRun:
        """Return a run, by its full id or a part that only it has.

        Raises:
            UnknownName: There is none.
        """
        submission = self.store.find(run_id)
        if submission is not None:
            return self.add_record(submission)
        run = self.engine.runs.load(run_id)
        return RequestedRun(submission=self.store.find(run.id), run=run)

    async def wait(self, run_id: str, seconds: float) -> RequestedRun:
        """Return a run when it has ended, at the latest after so many seconds."""
        deadline = monotonic() + seconds
        requested = await asyncio.to_thread(self.find, run_id)
        while not requested.has_ended and (left := deadline - monotonic()) > 0:
            await self.dispatcher.wait_for_change(min(left, 1.0))
            requested = await asyncio.to_thread(self.find, run_id)
        return requested

    async def cancel(self, run_id: str, *, caller: str, seconds: float) -> RequestedRun:
        """Cancel a run: take it from the queue, or stop its Spark jobs; return it when it has ended.

        Args:
            run_id: The run.
            caller: Who asks.
            seconds: Longest time to wait for its end.

        Raises:
            InputError: It has ended already.
        """
        requested = await asyncio.to_thread(self.find, run_id)
        if requested.state == "cancelled":
            return requested
        if requested.has_ended:
            raise InputError(
                f"Run {requested.id} of job `{requested.job}` has ended: it is {requested.state}."
            )
        by = f"{caller} through {describe_requester()}"
        await self._cancellation.cancel(requested.id, by)
        return await self.wait(requested.id, seconds)

    def add_requests(self, runs: Iterable[Run]) -> list[RequestedRun]:
        """Return recorded runs with their requests, which are read by one query."""
        recorded = list(runs)
        submissions = self.store.find_many([run.id for run in recorded])
        return [RequestedRun(submission=submissions.get(run.id), run=run) for run in recorded]

    def add_record(self, submission: Submission) -> RequestedRun:
        """Return a request with its record, or that of the run that answered it."""
        answered = submission.outcome.run_id if submission.outcome is not None else None
        try:
            run = self.engine.runs.read(answered or submission.run_id)
        except (ValueError, SparkopsError):
            run = None
        return RequestedRun(submission=submission, run=run)

    def _require_valid(self, request: JobRequest) -> tuple[Job, ParameterSource, ReadVersions]:
        """Refuse a request that could only fail; return its job, its parameters and its versions.

        Raises:
            InputError: The job, a parameter or a version is wrong, or the job is no stream and cannot go on.
        """
        project = self.engine.project
        job = with_interval(project.find_declared(request.job), request.every)
        require_no_secrets(job, request.params)
        source = ParameterSource(
            values=request.params, origin="http", form=ValueForm.JSON, syntax=ParameterSyntax.JSON
        )
        project.bind(job, [source], at=request.at)
        return job, source, ReadVersions(at=request.at, as_of=_parse_time(request.as_of))

    def _require_permitted(self, request: JobRequest) -> None:
        if request.callback is not None:
            require_permitted(request.callback, self.settings.callbacks)

    def _require_queue_space(self, context: str) -> None:
        limit = self.dispatcher.settings[context].max_queue
        if self.store.count_queued().get(context, 0) >= limit:
            raise QueueFull(
                f"{limit} requests wait for context `{context}`, as many as it accepts. Try again later.",
                retry_after=10,
            )


def _find_present_state(submission: Submission, run: Run | None) -> str:
    """Return the state of a run whose request has not ended, or whose end is not in the database yet."""
    if run is None:
        # A release has no record.
        is_release = submission.request.kind == "release"
        return "running" if is_release and submission.state == "started" else "queued"
    if run.state in ACTIVE or run.state in _FINAL:
        return run.state
    # The attempt has failed, and its process has not said yet whether by its own fault or because Spark has ended: it
    # may be continued. What has crashed, or failed in an earlier process, will be.
    is_present = run.state != "crashed" and run.process == submission.worker
    return "running" if is_present else "queued"


def choose_context(settings: ApiSettings, job: str, *, goes_on: bool = False) -> str:
    """Return the context of a run of a job: the configured one, or else by whether it goes on until it is stopped."""
    served = settings.jobs.get(job)
    if served is not None and "context" in served.model_fields_set:
        return served.context
    return STREAMS_CONTEXT if goes_on else DEFAULT_CONTEXT


def resolve_contexts(settings: ApiSettings) -> Mapping[str, ContextSettings]:
    """Return the contexts by name, with those that exist always.

    Raises:
        UnknownName: A job is given a context that does not exist.
    """
    contexts = {DEFAULT_CONTEXT: ContextSettings(), STREAMS_CONTEXT: STREAMS, **settings.contexts}
    for job, served in settings.jobs.items():
        if served.context not in contexts:
            raise UnknownName("context", served.context, contexts, where=f"`api.contexts` (`api.jobs.{job}`)")
    return contexts


def _select_process_settings(settings: Settings) -> Mapping[str, object]:
    """Return the settings that a process reads when it starts."""
    return settings.model_dump(exclude={"params", "api"})


def require_no_secrets(job: Job, params: Mapping[str, Any]) -> None:
    """Refuse parameters that are secrets.

    Raises:
        ParamErrors: There are some.
    """
    secrets = [
        Problem(
            name,
            f"`{name}` is a secret, which no request contains: set SPARKOPS_SECRET_{name.upper()} where the service runs",
        )
        for name in sorted(find_secret_names(job) & params.keys())
    ]
    if secrets:
        raise ParamErrors(job.name, secrets)


def _parse_time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise InputError(
            f"`as_of` is {text!r}: give a time of ISO 8601, such as 2026-03-01T12:00:00Z."
        ) from None
