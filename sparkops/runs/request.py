"""The request of a run: its job, values and versions; and the project and environment that it runs in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sparkops.pipeline.job import Job
from sparkops.runs.fingerprint import select_value_conf
from sparkops.runs.records.log import MaskedFile
from sparkops.runs.records.publications import PublicationJournal
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore
from sparkops.runs.records.verdicts import VerdictStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadVersions:
    """The versions of tables and models that a run reads: by default the newest.

    Args:
        at: A version, by table or model name.
        as_of: Tables that `at` does not name are read as they were at this time.
    """

    at: Mapping[str, int] = field(default_factory=dict)
    as_of: datetime | None = None

    def is_pinned(self, kind: str, name: str) -> bool:
        """Return whether the version of a table or model that is read is requested.

        Args:
            kind: `table` or `model`.
            name: Its name.
        """
        return name in self.at or (kind == "table" and self.as_of is not None)

    def describe(self) -> dict[str, str]:
        """Return what a record says of the time, if there is one; without a time zone it is UTC."""
        if self.as_of is None:
            return {}
        zoned = self.as_of if self.as_of.tzinfo is not None else self.as_of.replace(tzinfo=UTC)
        return {"as_of": zoned.astimezone(UTC).isoformat()}

    @classmethod
    def of_record(cls, run: Run) -> ReadVersions:
        """Return what a further attempt of a run reads if no earlier one recorded its inputs: the tables at the same time."""
        return cls(as_of=datetime.fromisoformat(run.as_of) if run.as_of else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """The job to run and the values to run it with.

    Args:
        job: The job.
        values: Bound values by parameter.
        origins: The origin of each value, by parameter.
        versions: Versions to read.
        resume: The earlier run to resume.
        run_id: Id of the new run; by default a new one.
        key: Key under which a retry finds the run.
        newest_inputs: Whether a resumed run that has staged nothing reads the newest versions instead of those it
            read before.
        timeout: Seconds that the attempt may take; None for no limit.
        parent: The fan-out that this run is a part of.
        code: What the record says of the job's code (see `describe_code`); None if it is still to be read.
    """

    job: Job
    values: Mapping[str, Any]
    origins: Mapping[str, str] = field(default_factory=dict)
    versions: ReadVersions = field(default_factory=ReadVersions)
    resume: Run | None = None
    run_id: str | None = None
    key: str | None = None
    newest_inputs: bool = False
    timeout: float | None = None
    parent: str | None = None
    code: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """The project and environment of a run.

    Args:
        root: The project's folder.
        state: The project's state folder: records, logs and locks.
        env: Name of the environment.
        settings: Resolved settings, masked.
        secrets: Values that are masked in the record and in the log.
        wait: Seconds to wait for runs that write the same tables or models; 0 refuses at once.
        on_step: Called with the name of each step when it begins.
        redirect_jvm_output: Context manager that sends the JVM's output to the run's log.
        commit_lock: Held while tables are committed, by runs of a fan-out, which holds the locks of their tables; None
            for a run that takes its locks itself.
    """

    root: Path
    state: Path
    env: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    wait: float = 0.0
    on_step: Callable[[str], None] = lambda _: None
    redirect_jvm_output: Callable[[MaskedFile], AbstractContextManager[None]] = lambda _: nullcontext()
    commit_lock: AbstractContextManager[Any] | None = None

    @property
    def runs(self) -> RunStore:
        """Return the project's run records."""
        return RunStore(self.state / "runs")

    @property
    def publications(self) -> PublicationJournal:
        """Return the journal of the runs that have begun to publish."""
        return PublicationJournal(self.state / "publishing")

    @property
    def verdicts(self) -> VerdictStore:
        """Return what checks decided about versions of tables."""
        return VerdictStore(self.state / "verdicts", self.secrets, select_value_conf(self.settings))

    @property
    def locks(self) -> Path:
        """Return the folder of the locks on tables and models."""
        return self.state / "locks"
