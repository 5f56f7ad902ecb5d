"""The request of a run: its job, values and versions; and the project and environment that it runs in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sparkops.pipeline.job import Job
from sparkops.runs.fingerprint import select_value_conf
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.log import MaskedFile
from sparkops.runs.records.publications import PublicationJournal
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore
from sparkops.runs.records.verdicts import VerdictStore


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
        return PublicationJournal.of_state(self.state)

    @property
    def verdicts(self) -> VerdictStore:
        """Return what checks decided about versions of tables."""
        return VerdictStore(self.state / "verdicts", self.secrets, select_value_conf(self.settings))

    @property
    def locks(self) -> Path:
        """Return the folder of the locks on tables and models."""
        return self.state / "locks"
