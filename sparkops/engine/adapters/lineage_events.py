"""Write the OpenLineage events of runs to a file, or post them to a server. An error of that fails no run."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkops.config.settings import OpenLineageSettings
from sparkops.config.state_file import MALFORMED
from sparkops.core.masking import mask, mask_json
from sparkops.core.private_file import open_private
from sparkops.errors import SparkopsError, as_clause
from sparkops.pipeline.job import Job
from sparkops.runs.lineage.openlineage import Columns, build_end_event, build_start_event
from sparkops.runs.records.attempt_files import EmptyRecord
from sparkops.runs.records.run import Run, utc_now
from sparkops.runs.records.store import RunStore
from sparkops.tables.tables import Tables

# A logger whose warnings are printed at the end of a command.
_log = logging.getLogger("sparkops.project")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageEvents:
    """Reports runs to OpenLineage.

    Args:
        settings: Where events go; without a file and a URL nothing is reported.
        root: Folder of the project.
        runs: The records.
        tables: The tables; their columns are read from local logs.
        secrets: Values that are masked in events.
    """

    settings: OpenLineageSettings
    root: Path
    runs: RunStore
    tables: Tables
    secrets: tuple[str, ...] = ()

    @contextmanager
    def report(self, job: Job, run_id: str) -> Iterator[None]:
        """Report the start of a run before the block, and its end after it, whether it succeeds or not."""
        if self.settings.file is None and self.settings.url is None:
            yield
            return
        start = self._report_start(job, run_id)
        try:
            yield
        finally:
            self._report_end(run_id, start)

    def _report_start(self, job: Job, run_id: str) -> dict[str, Any]:
        start = build_start_event(
            run_id,
            job.name,
            attempt=self._count_attempts(run_id) + 1,
            namespace=self.settings.namespace,
            time=utc_now(),
            is_stream=bool(job.stream),
        )
        self._send(start)
        return start

    def _count_attempts(self, run_id: str) -> int:
        try:
            return self.runs.read(run_id).attempt
        except SparkopsError:
            return 0

    def _report_end(self, run_id: str, start: dict[str, Any]) -> None:
        try:
            event = self._build_end(run_id, start)
        except (SparkopsError, *MALFORMED) as error:
            self._warn(error)
            return
        self._send(event)

    def _build_end(self, run_id: str, start: dict[str, Any]) -> dict[str, Any]:
        try:
            run = self.runs.read(run_id)
        except EmptyRecord:
            run = None
        if run is None or not _has_begun(run, start):
            # The run ended before its attempt was recorded.
            return {**start, "eventType": "FAIL", "eventTime": utc_now().isoformat()}
        return build_end_event(run, start, columns=dict(self._find_columns(run)))

    def _find_columns(self, run: Run) -> Iterator[tuple[str, Columns]]:
        """Yield the names and columns of tables whose logs are on this machine."""
        for name, facts in {**run.inputs, **run.outputs}.items():
            if facts["version"] is not None:
                columns = self.tables.find_columns(name, facts["identity"], facts["version"])
                if columns is not None:
                    yield name, columns

    def _send(self, event: Mapping[str, Any]) -> None:
        content = json.dumps(mask_json(event, self.secrets)).encode()
        if self.settings.file is not None:
            try:
                _append_line(self.root / self.settings.file, content + b"\n")
            except OSError as error:
                self._warn(error)
        if self.settings.url is not None:
            self._post(self.settings.url, content)

    def _post(self, url: str, content: bytes) -> None:
        # Imported here because most runs post nothing, and it brings the modules of TLS and mail.
        from http.client import HTTPException

        from sparkops.core.http_client import post_json

        key = self.settings.api_key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            post_json(url, content, headers=headers, timeout=self.settings.timeout)
        except (HTTPException, OSError, ValueError) as error:
            self._warn(error)

    def _warn(self, error: Exception) -> None:
        _log.warning("OpenLineage: an event was not written: %s.", mask(as_clause(error), self.secrets))


def _has_begun(run: Run, start: Mapping[str, Any]) -> bool:
    """Return whether the record has the attempt of this start."""
    return bool(run.attempt >= start["run"]["facets"]["sparkops_run"]["attempt"])


def _append_line(path: Path, line: bytes) -> None:
    """Append a line in one write, so that the lines of several processes are not mixed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = open_private(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, line)
    finally:
        os.close(file)
