"""Execute one attempt of a run: from its first recorded event, through its steps, to its last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from sparkops.core.masking import HIDDEN, contains_secret, mask
from sparkops.errors import RunCancelled, RunTimedOut, SparkopsError
from sparkops.pipeline.graph import list_outputs
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import CONFIGURED_ORIGINS
from sparkops.pipeline.secret import Secret
from sparkops.runs.execution.executor import RunExecutor
from sparkops.runs.execution.interruption import Interrupter, StopConditions, interruptible, watch
from sparkops.runs.execution.lock import lock_for_writing, log_waiting
from sparkops.runs.execution.open_rollback import require_no_open_rollback
from sparkops.runs.execution.user_error import StoppedRun, to_user_error
from sparkops.runs.fingerprint import describe_code, params_to_json
from sparkops.runs.ports import ResultReceiver, RunServices
from sparkops.runs.records.environment import DEFAULT_ENVIRONMENTS
from sparkops.runs.records.failure import describe_error, describe_failure
from sparkops.runs.records.output import capture_output
from sparkops.runs.records.publications import hash_params
from sparkops.runs.records.run import Run, make_run_id, utc_now
from sparkops.runs.records.states import InvalidTransition, choose_state
from sparkops.runs.records.store import Attempt
from sparkops.runs.request import RunContext, RunRequest


def execute(
    request: RunRequest,
    connect: Callable[[], RunServices],
    context: RunContext,
    receiver: ResultReceiver | None = None,
) -> Run:
    """Execute the request and return the finished run.

    Args:
        request: What to run.
        connect: Returns the services; called once the run is recorded, because it may start Spark.
        context: The project and environment.
        receiver: Receives what the job returned; nothing is published then, and nothing is locked.

    Raises:
        SparkopsError: What stopped the run; it is recorded, and a note on the error names the run.
    """
    run_id = request.resume.id if request.resume else request.run_id or make_run_id()
    attempt = context.runs.begin(
        run_id,
        request.job.name,
        secrets=context.secrets,
        # If a crash loses the beginning of a fan-out's part, a resumed fan-out starts that part again.
        sync=request.parent is None,
        **describe_request(request, context),
        **(receiver.facts if receiver is not None else {}),
    )
    connection = _Connection(connect)
    with interruptible() as interrupter, _capture_all_output(attempt, context):
        try:
            _run_steps(request, context, attempt, connection, interrupter, receiver)
        except BaseException as error:
            stopped = _find_interruption(error, interrupter)
            if receiver is not None and connection.services is not None:
                _discard_staged(connection.services, run_id)
            raise _record_failure(stopped, request, connection.services, context, attempt) from error
        interrupter.close()
        attempt.enter("done", "ended", ended=utc_now().isoformat())
        services = connection.open()
        if receiver is None:
            superseded = _complete_publication(request, context, run_id)
            _discard_staged(services, run_id, *superseded)
        services.spark.end(run_id)
    return context.runs.read(run_id)


@dataclass(slots=True)
class _Connection:
    """The services of an attempt, which are connected once it holds its locks.

    Args:
        connect: Returns the services; may start Spark.
        services: The services, once they are connected.
    """

    connect: Callable[[], RunServices]
    services: RunServices | None = None

    def open(self) -> RunServices:
        """Return the services, and connect them at the first call."""
        if self.services is None:
            self.services = self.connect()
        return self.services

    def cancel_spark_jobs(self, run_id: str) -> None:
        """Cancel the run's Spark jobs, if it may have any."""
        if self.services is not None:
            self.services.spark.cancel(run_id)


def _run_steps(
    request: RunRequest,
    context: RunContext,
    attempt: Attempt,
    connection: _Connection,
    interrupter: Interrupter,
    receiver: ResultReceiver | None,
) -> None:
    """Execute the steps of an attempt while it holds the locks of its outputs.

    A request to cancel and the time limit stop it.
    """
    job = request.job
    watched = watch(
        StopConditions(find_cancel_request=attempt.find_cancel_request, timeout=request.timeout),
        interrupter,
        announce=partial(_record_interruption, attempt),
        unblock=partial(connection.cancel_spark_jobs, attempt.run_id),
    )
    # The fan-out of a run with a commit lock holds the locks; what a receiver gets is not written.
    takes_locks = context.commit_lock is None and receiver is None
    locks: AbstractContextManager[None] = nullcontext()
    if takes_locks:
        locks = lock_for_writing(
            context.locks,
            list_written(job),
            attempt.run_id,
            wait=context.wait,
            on_wait=partial(_announce_waiting, context),
        )
    with watched, locks:
        if takes_locks:
            require_no_open_rollback(context.runs, context.publications, list_written(job))
        RunExecutor(request, connection.open(), context, attempt, receiver).run()


def list_written(job: Job) -> list[str]:
    """Return the names of the tables and of the model that a job writes."""
    return [name for _, name in list_outputs(job)]


def _record_interruption(attempt: Attempt, reason: SparkopsError) -> None:
    """Record that the run is being stopped, unless it has ended in the meantime."""
    with suppress(InvalidTransition):
        attempt.enter("cancelling", "cancelling", error=describe_error(reason))


def _find_interruption(error: BaseException, interrupter: Interrupter) -> BaseException:
    """Return why the run was interrupted, or else the error; the run can be interrupted no more."""
    interrupter.close()
    if interrupter.reason is None:
        return error
    interrupter.reason.__cause__ = error
    return interrupter.reason


def _announce_waiting(context: RunContext, name: str, holder: str) -> None:
    context.on_step("wait")
    log_waiting(name, holder)


def describe_request(request: RunRequest, context: RunContext) -> dict[str, Any]:
    """Return what the first event of an attempt records of its request.

    It holds parameters without secrets, settings and code.
    """
    params = params_to_json(request.job, request.values)
    hidden = _find_hidden(params, context)
    return {
        **({"key": request.key} if request.key is not None else {}),
        **({"parent": request.parent} if request.parent is not None else {}),
        **({"every": request.job.every} if request.job.every is not None else {}),
        "params": {**params, **dict.fromkeys(hidden, HIDDEN)},
        **({"hidden": hidden} if hidden else {}),
        "origins": dict(request.origins),
        **request.versions.describe(),
        "env": context.env,
        "settings": dict(context.settings),
        "code": dict(request.code or describe_code(request.job, context.root)),
    }


def _find_hidden(params: Mapping[str, Any], context: RunContext) -> list[str]:
    """Return the parameters whose values contain a secret of the configuration; a record does not contain them."""
    return [name for name, value in params.items() if contains_secret(value, context.secrets)]


@contextmanager
def _capture_all_output(attempt: Attempt, context: RunContext) -> Iterator[None]:
    with capture_output(attempt.log, secrets=context.secrets) as log, context.redirect_jvm_output(log):
        yield


def _complete_publication(request: RunRequest, context: RunContext, run_id: str) -> list[str]:
    """Record in the journal that a run is complete, and end the earlier runs that it replaces; return those.

    It replaces incomplete runs with the same job and parameters.
    """
    params = hash_params(params_to_json(request.job, request.values))
    superseded = [
        publication.run
        for publication in context.publications.list_open_for(request.job.name, params)
        if publication.run != run_id
    ]
    for run in (run_id, *superseded):
        context.publications.complete(run)
    return superseded


def _record_failure(
    error: BaseException,
    request: RunRequest,
    services: RunServices | None,
    context: RunContext,
    attempt: Attempt,
) -> SparkopsError:
    """Record what stopped the run, and return the error to show."""
    translate = services.reader.explain if services else lambda _: None
    stopped = _describe_stopped_run(request, context, attempt)
    user_error = to_user_error(error, request.job, translate, stopped=stopped)
    user_error.args = tuple(
        mask(part, attempt.secrets) if isinstance(part, str) else part for part in user_error.args
    )
    if isinstance(user_error, RunCancelled | RunTimedOut):
        _record_interruption(attempt, user_error)
        if services:
            services.spark.cancel(attempt.run_id)
    state = choose_state(user_error)
    user_error.add_note(f"run {attempt.run_id}")
    try:
        attempt.enter(
            state,
            "ended",
            ended=utc_now().isoformat(),
            error=describe_failure(user_error, error, attempt.log, secrets=attempt.secrets),
        )
    finally:
        # A failed run keeps its staged tables, which a resumed run publishes without computing them again. A run that
        # has begun to publish keeps them whatever stopped it, because another computation could give other rows.
        keeps_staged = state == "failed" or context.publications.contains(attempt.run_id)
        if services and not keeps_staged:
            _discard_staged(services, attempt.run_id)
        if services:
            services.spark.end(attempt.run_id)
    return user_error


def _describe_stopped_run(request: RunRequest, context: RunContext, attempt: Attempt) -> StoppedRun:
    """Return how far a run came, with the options that continue it in its environment and with its secrets."""
    env = () if context.env in DEFAULT_ENVIRONMENTS else (f"--env {context.env}",)
    hidden = _find_hidden(params_to_json(request.job, request.values), context)
    secrets = (
        f"--param {name}=..."
        for name, value in request.values.items()
        if (isinstance(value, Secret) or name in hidden)
        and not request.origins.get(name, "").startswith(CONFIGURED_ORIGINS)
    )
    return StoppedRun(
        run=context.runs.read(attempt.run_id),
        is_publishing=context.publications.contains(attempt.run_id) or bool(request.job.stream),
        options=(*env, *secrets),
    )


def _discard_staged(services: RunServices, *run_ids: str) -> None:
    for run_id in run_ids:
        services.staging.discard(run_id)
