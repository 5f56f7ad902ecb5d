"""Records on disk: a folder a run, a file of appended events an attempt."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkops.config.secrets import mask
from sparkops.errors import ProjectError, UnknownName
from sparkops.runs.record import Run, fold, now, this_process, with_crash_seen


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt's file, open for appending; every event is on disk before `say` returns."""

    run_id: str
    number: int
    path: Path
    secrets: tuple[str, ...] = ()

    @property
    def log(self) -> Path:
        """Return where the attempt's log goes."""
        return self.path.with_suffix(".log")

    def say(self, event: str, **facts: Any) -> None:
        """Append one event.

        Args:
            event: What happened, in one word.
            facts: Keys of the record, as JSON values.

        Raises:
            ProjectError: The event cannot be written; what was told before stands.
        """
        told = json.dumps({"event": event, "time": now().isoformat(), **facts}, default=str)
        line = mask(told, self.secrets) + "\n"
        try:
            _append(self.path, line.encode())
        except OSError as error:
            raise _unwritable(self.path, error) from error


@dataclass(frozen=True, slots=True)
class RunStore:
    """The records under one folder.

    Args:
        folder: `<state>/runs`.
    """

    folder: Path

    def begin(self, run_id: str, job: str, *, secrets: tuple[str, ...] = (), **facts: Any) -> Attempt:
        """Write the record's first event in a new attempt file, made exclusively; no secret gets into it.

        Raises:
            ProjectError: The folder cannot be written.
        """
        home = self.folder / run_id
        try:
            home.mkdir(parents=True, exist_ok=True)
            attempt = self._claim(run_id, home, secrets)
        except OSError as error:
            raise _unwritable(home, error) from error
        started = {"started": now().isoformat()} if attempt.number == 1 else {}
        attempt.say(
            "started", id=run_id, job=job, state="running", attempt=attempt.number, ended=None, error=None,
            process=this_process(), log=str(attempt.log), **started, **facts,
        )  # fmt: skip
        return attempt

    def _claim(self, run_id: str, home: Path, secrets: tuple[str, ...]) -> Attempt:
        number = len(list(home.glob("attempt-*.jsonl"))) + 1
        while True:
            path = home / f"attempt-{number:03d}.jsonl"
            try:
                path.touch(exist_ok=False)
            except FileExistsError:
                number += 1
                continue
            return Attempt(run_id, number, path, secrets)

    def load(self, run_id: str) -> Run:
        """Return one run by its id, or by the beginning or end of an id that fits one run only.

        Raises:
            UnknownName: No run fits, or several do.
        """
        return self._read(self.find(run_id))

    def find(self, part: str) -> str:
        """Return the whole id of the one run that `part` fits; `last` is the newest."""
        ids = self.ids()
        if part == "last" and ids:
            return ids[0]
        fits = [i for i in ids if i == part] or [i for i in ids if i.startswith(part) or i.endswith(part)]
        if len(fits) == 1:
            return fits[0]
        advice = "`sparkops runs` lists them." if not fits else "That fits several; give more of it."
        raise UnknownName("run", part, fits or ids[:5], advice=advice)

    def ids(self) -> list[str]:
        """Return all run ids, newest first."""
        if not self.folder.is_dir():
            return []
        return sorted((p.name for p in self.folder.iterdir() if p.is_dir()), reverse=True)

    def newest(self, *, job: str | None = None, limit: int | None = None) -> Iterator[Run]:
        """Yield runs, newest first; records that hold no whole event are passed over."""
        given = 0
        for run_id in self.ids():
            if limit is not None and given >= limit:
                return
            try:
                run = self._read(run_id)
            except ValueError:
                continue
            if job is None or run.job == job:
                given += 1
                yield run

    def _read(self, run_id: str) -> Run:
        files = sorted((self.folder / run_id).glob("attempt-*.jsonl"))
        return with_crash_seen(fold(event for path in files for event in _events(path)))


def _append(path: Path, line: bytes) -> None:
    """Write a whole line to the end of a file and to the disk, or nothing of it."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        before = os.fstat(file).st_size
        if os.write(file, line) < len(line):
            os.ftruncate(file, before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file)
    finally:
        os.close(file)


def _unwritable(place: Path, error: OSError) -> ProjectError:
    return ProjectError(
        f"The run's record cannot be written to {place}: {error.strerror}. "
        "Free or open that folder for writing, or set `state` in conf/ to another one."
    )


def _events(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the whole events of a file; the torn last line of a crash is passed over."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield json.loads(line)
