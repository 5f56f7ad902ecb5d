"""Follow the log of a run while another process writes it, through all its attempts."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep, time
from typing import BinaryIO, Final

from sparkops.runs.records.attempt_files import EmptyRecord, name_attempt, open_record
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import ACTIVE
from sparkops.runs.records.store import RunStore

_POLL_SECONDS: Final = 0.2
# A failed attempt may be followed by another one, which is recorded shortly afterwards.
_RETRY_SECONDS: Final = 1.0
_CHUNK_BYTES: Final = 1 << 16


def follow_log(runs: RunStore, run_id: str) -> Iterator[str]:
    """Yield the text of a run's newest attempt and of those that follow it, as it is written, until the run has ended.

    Args:
        runs: The records.
        run_id: Full id of the run.
    """
    run = _load(runs, run_id)
    number = run.attempt if run else 1
    while True:
        yield from _follow_attempt(runs, run_id, number)
        number += 1
        if not _is_begun(runs, run_id, number):
            return


def _follow_attempt(runs: RunStore, run_id: str, number: int) -> Iterator[str]:
    """Yield the text of one attempt until the run has ended, or until the next attempt has begun."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    path = runs.folder / run_id / f"{name_attempt(number)}.log"
    deadline: float | None = None
    is_last_reading = False
    with ExitStack() as files:
        file: BinaryIO | None = None
        while not is_last_reading:
            # The state is read before the rest of the log, so that nothing is written to it after its last reading.
            is_last_reading, deadline = _check_end(runs, run_id, number, deadline)
            file = file or _open_log(path, files)
            while file is not None and (chunk := file.read(_CHUNK_BYTES)):
                yield decoder.decode(chunk)
            if not is_last_reading:
                sleep(_POLL_SECONDS)
    yield decoder.decode(b"", final=True)


def _check_end(runs: RunStore, run_id: str, number: int, deadline: float | None) -> tuple[bool, float | None]:
    """Return whether nothing more is written to an attempt's log, and until when a retry is waited for."""
    if _is_begun(runs, run_id, number + 1):
        return True, deadline
    run = _load(runs, run_id)
    if run is None or run.state in ACTIVE:
        return False, None
    if run.state == "done":
        return True, None
    deadline = deadline if deadline is not None else monotonic() + _RETRY_SECONDS
    is_old = run.ended is not None and (run.ended.timestamp() + _RETRY_SECONDS) < time()
    return is_old or monotonic() >= deadline, deadline


def _is_begun(runs: RunStore, run_id: str, number: int) -> bool:
    return (runs.folder / run_id / f"{name_attempt(number)}.jsonl").exists()


def _load(runs: RunStore, run_id: str) -> Run | None:
    """Return the record of a run; None if nothing is recorded yet."""
    try:
        return runs.read(run_id)
    except EmptyRecord:
        return None


def _open_log(path: Path, files: ExitStack) -> BinaryIO | None:
    """Return a log, which is closed with `files`; None if nothing is written to it yet."""
    try:
        return files.enter_context(open_record(path))
    except FileNotFoundError:
        return None
