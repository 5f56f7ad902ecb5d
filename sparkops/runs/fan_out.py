"""Execute the runs of a fan-out at the same time, up to a limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final, Protocol

from sparkops.errors import RunCancelled, SparkopsError
from sparkops.runs.execution.interruption import POLL_SECONDS, call_on_signal

# Errors whose messages the error of the fan-out contains.
_MAX_MESSAGES: Final = 5


@dataclass(frozen=True, slots=True)
class ItemResult:
    """How one run of a fan-out ended.

    Args:
        label: The values that tell it apart.
        run_id: The run; None if it was not started or failed. Its record is not kept in memory.
        error: What stopped it; None if it succeeded or was not started.
    """

    label: str
    run_id: str | None = None
    error: SparkopsError | None = None


class ItemRunner(Protocol):
    """Executes the runs of a fan-out; `run` is called in several threads."""

    def run(self, number: int) -> str:
        """Execute the run of that number, from 0, and return its id."""

    def enter_thread(self) -> None:
        """Prepare a thread in which runs will be executed."""

    def cancel_active(self) -> None:
        """Ask that the runs that are being executed are cancelled."""

    def find_cancel_request(self) -> str | None:
        """Return who asked to cancel the fan-out, or None."""

    def report(self, result: ItemResult) -> None:
        """Receive how one run ended."""


def run_items(
    labels: Sequence[str], runner: ItemRunner, *, max_parallel: int, fail_fast: bool = False
) -> tuple[ItemResult, ...]:
    """Execute the runs, and return how each ended; a failed one does not stop the others.

    Args:
        labels: The values that tell each run apart.
        runner: Executes one run.
        max_parallel: Runs that may be executed at the same time.
        fail_fast: Whether no further run is started once one has failed.

    Raises:
        RunCancelled: The fan-out was cancelled; the runs that were active have ended.
    """
    return _FanOut(labels, runner, fail_fast=fail_fast).execute(max_parallel)


class _FanOut:
    """The progress of a fan-out."""

    def __init__(self, labels: Sequence[str], runner: ItemRunner, *, fail_fast: bool) -> None:
        self._labels, self._runner, self._fail_fast = labels, runner, fail_fast
        self._results: dict[int, ItemResult] = {}
        self._has_failed = False
        self._cancelled: str | None = None

    def execute(self, max_parallel: int) -> tuple[ItemResult, ...]:
        waiting = iter(range(len(self._labels)))
        active: dict[Future[str], int] = {}
        threads = ThreadPoolExecutor(max_parallel, "sparkops-item", initializer=self._runner.enter_thread)
        with call_on_signal(lambda name: self._cancel(f"Cancelled by {name}.")), threads as pool:
            while True:
                for number in self._take(waiting, max_parallel - len(active)):
                    active[pool.submit(self._runner.run, number)] = number
                if not active:
                    break
                for future in wait(active, POLL_SECONDS, return_when=FIRST_COMPLETED).done:
                    self._record_end(active.pop(future), future)
                self._follow_cancel_request()
        if self._cancelled is not None:
            raise RunCancelled(self._cancelled)
        return tuple(
            self._results.get(number, ItemResult(label)) for number, label in enumerate(self._labels)
        )

    def _take(self, waiting: Iterator[int], count: int) -> Iterator[int]:
        """Return the numbers of the next runs to start."""
        for _ in range(count):
            if self._cancelled is not None or (self._fail_fast and self._has_failed):
                return
            number = next(waiting, None)
            if number is None:
                return
            yield number

    def _follow_cancel_request(self) -> None:
        requester = self._runner.find_cancel_request() if self._cancelled is None else None
        if requester is not None:
            self._cancel(f"Cancelled by {requester}.")

    def _cancel(self, message: str) -> None:
        self._cancelled = message
        self._runner.cancel_active()

    def _record_end(self, number: int, future: Future[str]) -> None:
        label = self._labels[number]
        try:
            result = ItemResult(label, run_id=future.result())
        except SparkopsError as error:
            self._has_failed = True
            result = ItemResult(label, error=_forget_frames(error))
        self._results[number] = result
        self._runner.report(result)


def _forget_frames(error: SparkopsError) -> SparkopsError:
    """Return an error without the frames of its run, and all that their local variables refer to."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def combine_errors(job: str, results: Iterable[ItemResult], *, done: int = 0) -> SparkopsError | None:
    """Return one error for all runs that failed or were not started, or None if there are none.

    Its type, which determines the exit code, is that of the errors if all have the same, else `SparkopsError`.

    Args:
        job: Name of the job.
        results: How the runs ended.
        done: Further runs, which had succeeded before.
    """
    results = tuple(results)
    failed = [(result.label, result.error) for result in results if result.error is not None]
    if not failed:
        return None
    missing = sum(result.run_id is None and result.error is None for result in results)
    kinds = {type(error) for _, error in failed}
    kind = kinds.pop() if len(kinds) == 1 else SparkopsError
    counts = f"{len(failed):,} of {len(results) + done:,} runs of job `{job}` did not succeed"
    lines = [f"{counts}{f', {missing:,} were not started' if missing else ''}:"]
    lines += [f"  {label}: {error}" for label, error in failed[:_MAX_MESSAGES]]
    lines += [f"  and {len(failed) - _MAX_MESSAGES:,} more"] if len(failed) > _MAX_MESSAGES else []
    combined = kind.__new__(kind)
    combined.args = ("\n".join(lines),)
    return combined
