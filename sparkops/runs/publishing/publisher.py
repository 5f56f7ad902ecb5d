"""Publish what a job returned: stage, check, then write all tables or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkops.errors import BadData, ChecksFailed, JobFailed, UnknownName
from sparkops.pipeline.job import Job
from sparkops.pipeline.json_values.models import model_version_to_json
from sparkops.pipeline.json_values.tables import published_version_to_json
from sparkops.pipeline.model import Model
from sparkops.pipeline.reports.report import Report
from sparkops.pipeline.staging import QUARANTINE_SUFFIX, StagedPart
from sparkops.pipeline.table import MicroBatch, PublishedVersion
from sparkops.pipeline.write import Write
from sparkops.runs.fingerprint import params_to_json
from sparkops.runs.ports import CheckOutcome, RunServices
from sparkops.runs.publishing.check_report import collect_pages, format_failures, to_record
from sparkops.runs.publishing.decision import Decision, decide
from sparkops.runs.publishing.empty_result import require_rows_to_publish
from sparkops.runs.publishing.return_value import read_frames, require_type
from sparkops.runs.records.publications import OpenPublication, PublicationJournal, hash_params
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import Attempt

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Timer = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Publishes the result of one attempt of a run.

    Args:
        job: The job.
        values: Its bound parameters.
        services: The services of the run.
        attempt: The record, to which every commit is appended.
        timer: Context manager that measures a step.
        publications: The runs that have begun to publish.
        commit_lock: Held while tables are committed.
    """

    job: Job
    values: Mapping[str, Any]
    services: RunServices
    attempt: Attempt
    timer: Timer
    publications: PublicationJournal
    commit_lock: AbstractContextManager[Any]

    def publish(self, result: Any, run: Run, decision: Decision | None = None) -> None:
        """Publish what the job returned, by the job's kind.

        Args:
            result: What the job returned; None if all its frames are staged already.
            run: The run's record.
            decision: What an earlier attempt decided about the staged frames; None if nothing is decided yet.

        Raises:
            ChecksFailed: A check blocked a table; nothing was published.
            JobFailed: The result is not what the job declares.
        """
        if self.job.kind == "model":
            self._register(require_type(result, Model, self.job), run)
        elif self.job.kind == "report":
            self.attempt.require_newest()
            with self.timer("report"):
                page = self.services.reports.write(require_type(result, Report, self.job), run)
                self.attempt.append("reported", sync=False, report=page)
        else:
            self._publish_tables(read_frames(result, self.job), decision)

    def commit(
        self, write: Write, decision: Decision, batch: MicroBatch | None = None
    ) -> Iterator[PublishedVersion]:
        """Write one table, its quarantined rows first; yield each commit once it is made, the table's own last."""
        run_id, services = self.attempt.run_id, self.services
        self.attempt.require_newest()
        rows, bad = decision.locate_parts(write.table)
        if batch is not None or not decision.frames:
            # The table's own commit comes last: if an earlier attempt made it, nothing is left to write.
            published = services.writer.find_published(write.table, run_id, batch)
            if published is not None:
                quarantined = services.writer.find_published(write.table + QUARANTINE_SUFFIX, run_id, batch)
                yield from (commit for commit in (quarantined, published) if commit is not None)
                return
        # An overwrite also replaces the rows that earlier runs quarantined.
        is_overwritten = write.mode == "overwrite"
        if bad is not None:
            frame = decision.read(bad, services.staging)
            yield services.writer.quarantine(
                frame, table=write.table, run_id=run_id, batch=batch, replace=is_overwritten
            )
        elif is_overwritten:
            services.writer.clear_quarantine(write.table, run_id=run_id, batch=batch)
        frame = decision.read(rows, services.staging)
        self.attempt.require_newest()
        yield services.writer.publish(
            frame, write, run_id=run_id, values=self.values, staged=rows, batch=batch
        )

    def _register(self, model: Model, run: Run) -> None:
        # An earlier attempt of this run registered the model already.
        if run.registered:
            return
        self.attempt.require_newest()
        with self.timer("register"):
            registered = self.services.models.register(
                model,
                name=self.job.registers or self.job.name,
                run=run,
                gates=self.job.gates,
                params=run.params,
            )
        self.attempt.append(
            "registered", registered=model_version_to_json(registered), metrics=dict(registered.metrics)
        )

    def _publish_tables(self, frames: Mapping[str, DataFrame], decision: Decision | None) -> None:
        if decision is None:
            staged = self._stage_all(frames)
            outcomes = self._check_all(staged)
            self._require_all_rows(staged, outcomes)
            with self.timer("plan"):
                decision = decide(self.services, self.attempt.run_id, self.job.writes, staged, outcomes)
        versions = {}
        with self.timer("publish"), self.commit_lock:
            self._begin_publication()
            for write in self.job.writes:
                for commit in self.commit(write, decision):
                    self.attempt.append(
                        "published", outputs={commit.table: published_version_to_json(commit)}
                    )
                    versions[write.table] = commit.version
        results = decision.plan.checks
        if results:
            with self.timer("results"):
                self.services.history.append(
                    results, run_id=self.attempt.run_id, job=self.job.name, versions=versions
                )
            with self.timer("docs"):
                self.services.checks.write_docs(decision.plan.pages)

    def require_rows(self, write: Write, staged: DataFrame, outcome: CheckOutcome | None) -> None:
        """Refuse a result without rows that would remove rows of its table.

        Raises:
            BadData: Rows would be removed, and the job does not allow it.
        """
        good = outcome.good if outcome is not None else staged
        require_rows_to_publish(
            good, write, job=self.job, values=self.values, reader=self.services.reader, outcome=outcome
        )

    def _require_all_rows(
        self,
        staged: Mapping[str, DataFrame],
        outcomes: Mapping[str, CheckOutcome | None],
    ) -> None:
        """Refuse the run before its first commit if a table would lose its rows; the check results are kept."""
        try:
            for write in self.job.writes:
                self.require_rows(write, staged[write.table], outcomes[write.table])
        except BadData:
            checked = [outcome for outcome in outcomes.values() if outcome is not None]
            if checked:
                self._keep_results(checked, is_published=False)
            raise

    def _stage_all(self, frames: Mapping[str, DataFrame]) -> dict[str, DataFrame]:
        with self.timer("compute"):
            return {write.table: self._stage(write, frames.get(write.table)) for write in self.job.writes}

    def _check_all(self, staged: Mapping[str, DataFrame]) -> dict[str, CheckOutcome | None]:
        """Check every table.

        Raises:
            ChecksFailed: A check blocks a table.
        """
        run_id, services = self.attempt.run_id, self.services
        with self.timer("check"):
            outcomes = {
                table: services.checks.run_checkpoint(frame, table=table, run_id=run_id)
                for table, frame in staged.items()
            }
        checked = [outcome for outcome in outcomes.values() if outcome is not None]
        results = [result for outcome in checked for result in outcome.results]
        self.attempt.append("checked", checks=[to_record(result) for result in results])
        if any(outcome.blocked for outcome in checked):
            self._keep_results(checked)
            raise ChecksFailed(format_failures(checked, self.job))
        return outcomes

    def _keep_results(self, checked: Sequence[CheckOutcome], *, is_published: bool = True) -> None:
        """Store the check results of a run that publishes nothing, and write their pages.

        Args:
            checked: The outcomes of its tables.
            is_published: See `collect_pages`.
        """
        results = [result for outcome in checked for result in outcome.results]
        self.services.history.append(results, run_id=self.attempt.run_id, job=self.job.name, versions={})
        self.services.checks.write_docs(collect_pages(checked, is_published=is_published))

    def _begin_publication(self) -> None:
        """Record, before the first commit, which tables this run is about to change."""
        self.publications.begin(
            OpenPublication(
                run=self.attempt.run_id,
                job=self.job.name,
                params=hash_params(params_to_json(self.job, self.values)),
                before={write.table: self._find_newest_version(write.table) for write in self.job.writes},
            )
        )

    def _find_newest_version(self, table: str) -> int | None:
        try:
            return self.services.reader.pin(table).version
        except UnknownName:
            return None

    def _stage(self, write: Write, frame: DataFrame | None) -> DataFrame:
        """Stage a frame, or return what an earlier attempt staged."""
        part, staging = StagedPart(self.attempt.run_id, write.table), self.services.staging
        if frame is None:
            earlier = staging.find(part)
            if earlier is None:
                raise JobFailed(f"Nothing was computed for table `{write.table}`.")
            return earlier
        staged = staging.stage(frame, part, write=write)
        self.attempt.append("staged", staged=[write.table])
        return staged
