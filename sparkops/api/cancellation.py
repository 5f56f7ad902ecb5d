"""Stop a run that the service has accepted, wherever it is: in the queue, in a process, or between two attempts."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final

from sparkops.api.database.submission import Outcome
from sparkops.api.database.submissions import SubmissionStore
from sparkops.errors import SparkopsError
from sparkops.runs.records.states import ACTIVE
from sparkops.runs.records.store import RunStore

_log = logging.getLogger("sparkops.api")
_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """Stops runs. Its methods are called in the event loop of the service.

    Args:
        store: The queue.
        runs: The records of runs.
    """

    store: SubmissionStore
    runs: RunStore
    _stopping: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def cancel(self, run_id: str, by: str) -> None:
        """Take a run from the queue, or ask the process that executes it to stop it, as soon as it has begun.

        Args:
            run_id: The run.
            by: Who asks.

        Raises:
            SparkopsError: The database does not answer, or the request cannot be written.
        """
        attempt = await asyncio.to_thread(self._request, run_id, by, 0)
        if attempt is not None and run_id not in self._stopping:
            stopping = asyncio.create_task(self._stop_later_attempts(run_id, by, attempt))
            self._stopping[run_id] = stopping
            stopping.add_done_callback(lambda _: self._stopping.pop(run_id, None))

    async def _stop_later_attempts(self, run_id: str, by: str, attempt: int | None) -> None:
        """Stop a run that has not begun, and attempts that follow because a process has ended."""
        try:
            while attempt is not None:
                await asyncio.sleep(_POLL_SECONDS)
                attempt = await asyncio.to_thread(self._request, run_id, by, attempt)
        except SparkopsError as error:
            _log.warning("run %s is not cancelled: %s", run_id, error)

    def _request(self, run_id: str, by: str, attempt: int) -> int | None:
        """Take a run from the queue, or write the request that its present attempt is cancelled.

        Args:
            run_id: The run.
            by: Who asks.
            attempt: The attempt for which the request is written already; 0 for none.

        Returns:
            The attempt for which it is written now; None if the run has ended.
        """
        outcome = Outcome(state="cancelled", error=f"Cancelled by {by}.", kind="RunCancelled")
        if self.store.withdraw(run_id, outcome):
            return None
        submission, state = self.store.find(run_id), self.runs.find_state(run_id)
        has_ended = submission.state == "ended" if submission is not None else state not in ACTIVE
        if has_ended:
            return None
        if state not in ACTIVE:
            return attempt
        run = self.runs.read(run_id)
        if run.attempt != attempt:
            self.runs.request_cancel(run, by=by)
        return run.attempt
