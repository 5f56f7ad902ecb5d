"""The queue of a service: what it has accepted, in the database, so that nothing accepted is lost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, Row, Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from sparkops.api.database.connect import explain_errors
from sparkops.api.database.schema import CALLBACKS, SUBMISSIONS, TRACES
from sparkops.api.database.submission import Callback, CallbackState, JobRequest, Outcome, Submission
from sparkops.errors import InputError

_COLUMNS = SUBMISSIONS.c
_SELECT = select(
    SUBMISSIONS,
    CALLBACKS.c.host.label("callback_host"),
    CALLBACKS.c.state.label("callback_state"),
    CALLBACKS.c.attempts.label("callback_attempts"),
    CALLBACKS.c.last_error.label("callback_error"),
).select_from(SUBMISSIONS.outerjoin(CALLBACKS, _COLUMNS.run_id == CALLBACKS.c.run_id))


class KeyReused(InputError):
    """An idempotency key belongs to another request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubmission:
    """A request that is to be accepted.

    Args:
        run_id: Id of the run that will answer it.
        request: What is asked for.
        context: Name of the context that will execute it.
        caller: Who asks.
        priority: Higher ones are started first.
        key: The caller's idempotency key.
        outcome: How it ended, of a request that an earlier run answers.
        traceparent: The span of the caller, by which traces are connected.
    """

    run_id: str
    request: JobRequest
    context: str
    caller: str
    priority: int = 0
    key: str | None = None
    outcome: Outcome | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class SubmissionStore:
    """Accepted requests. Every method is one transaction, and may be called in any thread.

    Args:
        engine: The database.
        clock: Returns seconds since 1970. The order of the queue does not depend on it.
        listeners: Called with each request that has ended, in the thread that recorded its end.
    """

    engine: Engine
    clock: Callable[[], float] = field(default=time.time)
    listeners: list[Callable[[Submission], None]] = field(default_factory=list)

    def accept(self, new: NewSubmission) -> tuple[Submission, bool]:
        """Add a request to the queue; it is on disk when this returns.

        Returns:
            The accepted request; and whether it is a new one, rather than the one with the same key.

        Raises:
            KeyReused: The key belongs to another request.
            EngineError: The database does not answer; nothing was accepted.
        """
        values = {
            "run_id": new.run_id, "job": new.request.job, "request": new.request.to_json(), "context": new.context,
            "priority": new.priority, "key": new.key, "digest": new.request.compute_digest(), "caller": new.caller,
            "state": "queued", "crashes": 0, "accepted": self.clock(),
        }  # fmt: skip
        if new.outcome is not None:
            values |= {"state": "ended", "ended": values["accepted"], "outcome": new.outcome.to_json()}
        with explain_errors():
            try:
                with self.engine.begin() as connection:
                    connection.execute(insert(SUBMISSIONS).values(values))
                    if new.request.callback is not None:
                        connection.execute(insert(CALLBACKS).values(_make_callback(new)))
                    if new.traceparent is not None:
                        trace = {"run_id": new.run_id, "traceparent": new.traceparent}
                        connection.execute(insert(TRACES).values(trace))
            except IntegrityError:
                if new.key is None:
                    raise
                return self._find_accepted(new), False
        accepted = self.find(new.run_id)
        assert accepted is not None
        return accepted, True

    def _find_accepted(self, new: NewSubmission) -> Submission:
        """Return the request with the same key.

        Raises:
            KeyReused: It is another request.
        """
        [row] = self._select(_SELECT.where(_COLUMNS.key == new.key))
        if row.request.compute_digest() != new.request.compute_digest():
            raise KeyReused(
                f"The idempotency key `{new.key}` belongs to another request: run {row.run_id} of job "
                f"`{row.request.job}`. Give each request a key of its own, and repeat a request unchanged."
            )
        return row

    def claim(self, context: str, service: str, limit: int) -> list[Submission]:
        """Mark the next requests of a context as started by a service, and return them.

        Args:
            context: Name of the context.
            service: Id of the service.
            limit: Largest number of requests.
        """
        query = (
            select(_COLUMNS.run_id)
            .where(_COLUMNS.state == "queued", _COLUMNS.context == context)
            .order_by(_COLUMNS.priority.desc(), _COLUMNS.number)
            .limit(limit)
            .with_for_update(skip_locked=True)  # of no effect in SQLite, which has one writer
        )
        with explain_errors(), self.engine.begin() as connection:
            ids = list(connection.execute(query).scalars())
            if ids:
                changed = {"state": "started", "service": service, "started": self.clock()}
                connection.execute(update(SUBMISSIONS).where(_COLUMNS.run_id.in_(ids)).values(changed))
        return self._select(self._ordered(_SELECT.where(_COLUMNS.run_id.in_(ids)))) if ids else []

    def take_over(self, run_id: str, service: str) -> None:
        """Record that another service works on a request that was started."""
        self._update(run_id, "started", service=service)

    def assign(self, run_id: str, worker: Mapping[str, Any]) -> None:
        """Record the process that a request is given to, before it is given to it."""
        self._update(run_id, "started", worker=json.dumps(worker))

    def requeue(self, run_id: str) -> bool:
        """Put a request whose process is gone back into the queue, at its place; return whether it was started."""
        crashes = _COLUMNS.crashes + 1
        return self._update(
            run_id, "started", state="queued", service=None, worker=None, started=None, crashes=crashes
        )

    def end(self, run_id: str, outcome: Outcome) -> bool:
        """Record how a request ended; return whether it had not ended before."""
        return self._end(run_id, outcome, "queued", "started")

    def withdraw(self, run_id: str, outcome: Outcome) -> bool:
        """End a request that waits in the queue; return False if it does not wait there any more."""
        return self._end(run_id, outcome, "queued")

    def _end(self, run_id: str, outcome: Outcome, *present: str) -> bool:
        values = {"state": "ended", "ended": self.clock(), "outcome": outcome.to_json()}
        if not self._update(run_id, *present, **values):
            return False
        submission = self.find(run_id) if self.listeners else None
        for listener in self.listeners:
            if submission is not None:
                listener(submission)
        return True

    def claim_callback(
        self, seconds: float, *, except_hosts: Collection[str] = ()
    ) -> tuple[Submission, Callback] | None:
        """Begin an attempt to deliver the end of a run, and return its request; None if no attempt is due.

        What was tried least often is first, so that a receiver that does not answer delays no other.

        Args:
            seconds: The callback is due again after this time, if nothing is recorded of the attempt.
            except_hosts: Hosts for which no attempt is begun.
        """
        due = CALLBACKS.c.due <= self.clock()
        query = (
            select(CALLBACKS.c.run_id)
            .join(SUBMISSIONS, _COLUMNS.run_id == CALLBACKS.c.run_id)
            .where(CALLBACKS.c.state == "pending", due, CALLBACKS.c.host.not_in(except_hosts))
            .where(_COLUMNS.state == "ended")
            .order_by(CALLBACKS.c.attempts, CALLBACKS.c.due, _COLUMNS.number)
            .limit(1)
            .with_for_update(of=CALLBACKS, skip_locked=True)
        )
        with explain_errors(), self.engine.begin() as connection:
            run_id = connection.execute(query).scalar()
            if run_id is None:
                return None
            begun = {"attempts": CALLBACKS.c.attempts + 1, "due": self.clock() + seconds}
            connection.execute(update(CALLBACKS).where(CALLBACKS.c.run_id == run_id).values(begun))
        submission = self.find(run_id)
        assert submission is not None
        assert submission.callback is not None
        return submission, submission.callback

    def record_callback(
        self, run_id: str, state: CallbackState, error: str | None = None, *, seconds: float = 0.0
    ) -> None:
        """Record how an attempt to deliver the end of a run went.

        Args:
            run_id: The run.
            state: `pending` if there is to be another attempt.
            error: Why it failed.
            seconds: When the next attempt is due, from now.
        """
        values = {"state": state, "last_error": error, "due": self.clock() + seconds}
        statement = update(CALLBACKS).where(CALLBACKS.c.run_id == run_id, CALLBACKS.c.state == "pending")
        with explain_errors(), self.engine.begin() as connection:
            connection.execute(statement.values(values))

    def find_traceparent(self, run_id: str) -> str | None:
        """Return the span of the caller that requested a run, or None."""
        with explain_errors(), self.engine.begin() as connection:
            query = select(TRACES.c.traceparent).where(TRACES.c.run_id == run_id)
            return connection.execute(query).scalar()

    def find(self, run_id: str) -> Submission | None:
        """Return the request of a run, or None."""
        rows = self._select(_SELECT.where(_COLUMNS.run_id == run_id))
        return rows[0] if rows else None

    def find_number(self, number: int) -> Submission | None:
        """Return the request of a number, or None."""
        rows = self._select(_SELECT.where(_COLUMNS.number == number))
        return rows[0] if rows else None

    def list_page(self, start: int, limit: int) -> tuple[int, list[Submission]]:
        """Return how many requests there are, and those after the first `start`, in the order of acceptance."""
        with explain_errors(), self.engine.begin() as connection:
            total = connection.execute(select(func.count()).select_from(SUBMISSIONS)).scalar_one()
            page = self._ordered(_SELECT).offset(start).limit(limit)
            return int(total), list(map(_to_submission, connection.execute(page)))

    def find_many(self, run_ids: Collection[str]) -> dict[str, Submission]:
        """Return the requests of some runs by the id of the run, as far as there are requests."""
        if not run_ids:
            return {}
        rows = self._select(_SELECT.where(_COLUMNS.run_id.in_(run_ids)))
        return {row.run_id: row for row in rows}

    def list_started(self) -> list[Submission]:
        """Return the requests that were started and have not ended, in the order of acceptance."""
        return self._select(self._ordered(_SELECT.where(_COLUMNS.state == "started")))

    def list_queued(self, *, limit: int) -> list[Submission]:
        """Return the requests that wait, in the order of acceptance."""
        return self._select(self._ordered(_SELECT.where(_COLUMNS.state == "queued")).limit(limit))

    def list_overdue(self, context: str, before: float) -> list[Submission]:
        """Return the requests of a context that have waited since before a time, in seconds since 1970."""
        overdue = _COLUMNS.accepted < before
        query = _SELECT.where(_COLUMNS.state == "queued", _COLUMNS.context == context, overdue)
        return self._select(self._ordered(query))

    def list_newest(self, *, job: str | None = None, limit: int) -> list[Submission]:
        """Return the newest requests, newest first.

        Args:
            job: Only those of this job.
            limit: Largest number.
        """
        query = _SELECT.order_by(_COLUMNS.number.desc()).limit(limit)
        return self._select(query.where(_COLUMNS.job == job) if job is not None else query)

    def count_queued(self) -> dict[str, int]:
        """Return how many requests wait, by context."""
        count = func.count()
        query = select(_COLUMNS.context, count).where(_COLUMNS.state == "queued").group_by(_COLUMNS.context)
        with explain_errors(), self.engine.begin() as connection:
            return {str(context): int(number) for context, number in connection.execute(query)}

    def describe_queues(self) -> dict[str, tuple[int, float]]:
        """Return how many requests wait, and when the oldest was accepted (seconds since 1970), by context."""
        query = (
            select(_COLUMNS.context, func.count(), func.min(_COLUMNS.accepted))
            .where(_COLUMNS.state == "queued")
            .group_by(_COLUMNS.context)
        )
        with explain_errors(), self.engine.begin() as connection:
            return {
                str(context): (int(number), float(oldest))
                for context, number, oldest in connection.execute(query)
            }

    def _update(self, run_id: str, *present: str, **values: Any) -> bool:
        """Change a request that is in one of these states; return whether it was."""
        statement = update(SUBMISSIONS).where(_COLUMNS.run_id == run_id, _COLUMNS.state.in_(present))
        with explain_errors(), self.engine.begin() as connection:
            return connection.execute(statement.values(values)).rowcount > 0

    def _select(self, query: Select[Any]) -> list[Submission]:
        with explain_errors(), self.engine.begin() as connection:
            return list(map(_to_submission, connection.execute(query)))

    @staticmethod
    def _ordered(query: Select[Any]) -> Select[Any]:
        return query.order_by(_COLUMNS.number)


def _make_callback(new: NewSubmission) -> dict[str, Any]:
    host = urlsplit(new.request.callback or "").netloc.lower()
    return {"run_id": new.run_id, "host": host, "state": "pending", "attempts": 0, "due": 0.0}


def _to_callback(row: Row[Any]) -> Callback | None:
    if row.callback_state is None:
        return None
    return Callback(
        host=row.callback_host,
        state=row.callback_state,
        attempts=row.callback_attempts,
        last_error=row.callback_error,
    )


def _to_submission(row: Row[Any]) -> Submission:
    return Submission(
        number=row.number,
        run_id=row.run_id,
        request=JobRequest.from_json(row.request),
        context=row.context,
        priority=row.priority,
        caller=row.caller,
        key=row.key,
        state=row.state,
        service=row.service,
        worker=json.loads(row.worker) if row.worker else {},
        crashes=row.crashes,
        accepted=row.accepted,
        started=row.started,
        ended=row.ended,
        outcome=Outcome.from_json(row.outcome) if row.outcome else None,
        callback=_to_callback(row),
    )
