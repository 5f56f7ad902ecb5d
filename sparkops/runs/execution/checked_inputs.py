"""Check the inputs that a job reads only if they pass; a version is checked once, if its suite is repeatable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkops.core.wording import format_count
from sparkops.errors import ChecksFailed, InputError
from sparkops.pipeline.checks.check import format_expectation
from sparkops.pipeline.job import Job
from sparkops.pipeline.json_values.checks import check_to_json
from sparkops.pipeline.table import Pin
from sparkops.runs.records.run import utc_now
from sparkops.runs.records.verdicts import VerdictStore, VersionVerdict

if TYPE_CHECKING:
    from sparkops.runs.ports import CheckRunner, TableReader

# Failed expectations that a message lists.
_MAX_FAILED = 3


@dataclass(frozen=True, slots=True)
class CheckedInputs:
    """Checks the inputs of a run that are required to be checked.

    Args:
        job: The job.
        run_id: The run.
        checks: The checkpoints of tables.
        reader: Reads tables at a version.
        verdicts: The saved verdicts.
    """

    job: Job
    run_id: str
    checks: CheckRunner
    reader: TableReader
    verdicts: VerdictStore

    def require(self, pins: Mapping[str, Pin]) -> dict[str, Any]:
        """Require that each checked input passes its checks, which are run if there is no verdict.

        Args:
            pins: The versions that the run reads, by table.

        Returns:
            By table, what the record contains of its verdict: `version`, `suite` and the `run` that checked it.

        Raises:
            InputError: A table has no suite.
            ChecksFailed: A version failed its checks.
        """
        suites = {table: self._require_suite(table) for table in self.job.checked_inputs}
        recorded: dict[str, Any] = {}
        for table, suite in suites.items():
            verdict = self._find_verdict(pins[table], suite) or self._check(pins[table], suite)
            if verdict.failed:
                raise ChecksFailed(self._describe_failure(verdict))
            recorded[table] = {"version": verdict.version, "suite": suite, "run": verdict.run}
        return recorded

    def _require_suite(self, table: str) -> str:
        suite = self.checks.hash_suite(table)
        if suite is None:
            raise InputError(describe_missing_suite(self.job, table))
        return suite

    def _find_verdict(self, pin: Pin, suite: str) -> VersionVerdict | None:
        return self.verdicts.find(pin, suite) if self.checks.is_repeatable(pin.table) else None

    def _check(self, pin: Pin, suite: str) -> VersionVerdict:
        self.checks.validate(pin.table)
        outcome = self.checks.run_checkpoint(self.reader.read(pin), table=pin.table, run_id=self.run_id)
        if outcome is None:
            raise InputError(f"The checks of table `{pin.table}` were removed while the run was starting.")
        results = tuple(check_to_json(result) for result in outcome.results)
        verdict = VersionVerdict(
            table=pin.table,
            version=pin.version,
            suite=suite,
            failed=outcome.blocked or outcome.annotated is not None,
            results=results,
            summary=summarize_results(results),
            run=self.run_id,
            time=utc_now().isoformat(),
        )
        if self.checks.is_repeatable(pin.table):
            self.verdicts.save(pin, verdict)
        return verdict

    def _describe_failure(self, verdict: VersionVerdict) -> str:
        table = verdict.table
        failed = [
            format_expectation(result["expectation"], result.get("kwargs") or {})
            for result in verdict.results
            if not result["success"] and result["policy"] != "warn"
        ]
        more = f" and {len(failed) - _MAX_FAILED} more" if len(failed) > _MAX_FAILED else ""
        version = "as it is" if verdict.version is None else f"version {verdict.version}"
        at = "" if verdict.version is None else f" --at {verdict.version}"
        return (
            f"Job `{self.job.name}` requires that table `{table}` is checked, and {version} fails "
            f"{', '.join(failed[:_MAX_FAILED])}{more} (checked by {verdict.run}). Nothing was computed. "
            f"`sparkops check {table}{at} --failing FILE` writes the rows to a file. Publish a repaired version of "
            f"`{table}`, or read another one with --at {table}=VERSION."
        )


def describe_missing_suite(job: Job, table: str) -> str:
    """Return the message about an input that has to be checked and has no suite."""
    return (
        f"Job `{job.name}` requires that table `{table}` is checked, and it has no checks ({job.place}). Write "
        f"conf/checks/{table}.yml (`sparkops checks suggest {table}` drafts it), or remove `{table}` from "
        "checked_inputs=."
    )


def summarize_results(results: tuple[Mapping[str, Any], ...]) -> str:
    """Return the results of a checkpoint in one line: `3 checks: 2 passed, 1 warned`."""
    failed = [result for result in results if not result["success"]]
    warned = sum(result["policy"] == "warn" for result in failed)
    parts = [f"{len(results) - len(failed)} passed"]
    parts += [f"{len(failed) - warned} failed"] if len(failed) > warned else []
    parts += [f"{warned} warned"] if warned else []
    return f"{format_count(len(results), 'check')}: {', '.join(parts)}"
