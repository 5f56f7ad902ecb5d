"""The data-validation checkpoints of a project."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.checks.catalogue import build
from sparkops.checks.library import Library
from sparkops.checks.outcome import Outcome
from sparkops.checks.suite import Suite
from sparkops.checks.suite_file import load_suite
from sparkops.config.settings import Settings
from sparkops.pipeline.check import CheckResult

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.checks.checkpoint import Checked
    from sparkops.checks.split import Split

log = logging.getLogger("sparkops.checks")


class Checks:
    """The suites of conf/checks, and the gate that a frame must pass before it is published."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._library = Library()

    def suite(self, table: str) -> Suite | None:
        """Return the suite of a table, or None where conf/checks has no file for it."""
        path = self._folder / f"{table}.yml"
        return load_suite(path, table, shown=self._shown(path)) if path.is_file() else None

    def suites(self) -> Mapping[str, Suite]:
        """Return every suite of the project by table."""
        paths = sorted(self._folder.glob("*.yml"))
        return {path.stem: load_suite(path, path.stem, shown=self._shown(path)) for path in paths}

    def warm(self) -> None:
        """Start importing Great Expectations beside whatever runs now; return at once."""
        self._library.begin()

    def validate(self, suite: Suite) -> None:
        """Check names and arguments against Great Expectations; no Spark.

        Raises:
            ConfigError: With every mistake, each with file and line.
        """
        self._library.wait()
        build(suite)

    def gate(self, suite: Suite, frame: DataFrame, *, table: str, run_id: str) -> Outcome:
        """Run the suite as a checkpoint and decide which rows may be published.

        Args:
            suite: What the rows must meet.
            frame: Rows to check; read more than once, so read back from where they were staged.
            table: Table that they are for.
            run_id: Run that asks.
        """
        self._library.wait()
        outcome = _Gate(suite, frame, run_id).decide()
        log.info("%s: %s", table, outcome.summary)
        return outcome

    def write_docs(self, outcome: Outcome) -> Path | None:
        """Write the run's page of Data Docs and the index; return the index, or None when docs are off."""
        if not self.settings.checks.docs or outcome.validation is None:
            return None
        from sparkops.checks.docs import Site

        return Site(self._docs).write(outcome)

    def docs_page(self, outcome: Outcome) -> Path | None:
        """Return the page of Data Docs that shows this outcome, where it was written."""
        from sparkops.checks.docs import Site

        page = Site(self._docs).page(outcome.table, outcome.run_id)
        return page if page.is_file() else None

    @property
    def _folder(self) -> Path:
        return self.settings.root / "conf" / "checks"

    @property
    def _docs(self) -> Path:
        return self.settings.state / "gx" / "docs"

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.settings.root).as_posix()


class _Gate:
    """One decision about one frame."""

    def __init__(self, suite: Suite, frame: DataFrame, run_id: str) -> None:
        self.suite, self.frame, self.run_id = suite, frame, run_id
        self.expectations = build(suite)

    def decide(self) -> Outcome:
        """Check the frame; where rows break a quarantine expectation, set them apart and check all on the rest."""
        about_rows = [i for i, e in enumerate(self.suite.expectations) if e.policy == "quarantine"]
        everything = list(range(len(self.suite.expectations)))
        first = checked = self._check(self.frame, about_rows or everything)
        held: dict[int, CheckResult] = {}
        shown: dict[int, Any] = {}
        parts: Split | None = None
        while fresh := self._to_hold(checked, held):
            held |= {index: checked.results[index] for index in fresh}
            shown |= {index: checked.found[index] for index in fresh}
            parts = self._split(held, first)
            checked = self._check(parts.good, everything)
        others = [index for index in everything if index not in checked.results]
        checked = checked.joined(self._check(self.frame, others)) if others else checked
        return self._outcome(checked, held, shown, parts)

    def _check(self, frame: DataFrame, positions: list[int]) -> Checked:
        from sparkops.checks.checkpoint import run_checkpoint

        chosen = {index: self.expectations[index] for index in positions}
        return run_checkpoint(self.suite, chosen, frame, run_id=self.run_id)

    def _to_hold(self, checked: Checked, held: Mapping[int, CheckResult]) -> list[int]:
        """Return the quarantine expectations that failed now and hold no rows back yet."""
        return [
            index
            for index, result in checked.results.items()
            if result.policy == "quarantine"
            and not result.success
            and result.error is None
            and index not in held
        ]

    def _split(self, held: Mapping[int, CheckResult], first: Checked) -> Split:
        from sparkops.checks.split import split

        broken = {self.suite.expectations[index].label: self.expectations[index] for index in sorted(held)}
        return split(self.frame, broken, first.engine)

    def _outcome(
        self, checked: Checked, held: Mapping[int, CheckResult], shown: dict[int, Any], parts: Split | None
    ) -> Outcome:
        from sparkops.checks.checkpoint import merged

        results = tuple(value for _, value in sorted({**checked.results, **held}.items()))
        still = [
            result for result in checked.results.values() if not result.success and result.policy != "warn"
        ]
        why = self._over_limit(parts)
        return Outcome(
            table=self.suite.table,
            run_id=self.run_id,
            results=results,
            good=parts.good if parts else self.frame,
            bad=parts.bad if parts and parts.quarantined else None,
            blocked=bool(still) or bool(why),
            rows=parts.rows if parts else _rows(results),
            quarantined=parts.quarantined if parts else 0,
            why_blocked=why,
            validation=merged(checked, shown),
        )

    def _over_limit(self, parts: Split | None) -> str:
        limit = self.suite.quarantine_limit
        if limit is None or parts is None or not parts.rows or parts.quarantined <= limit * parts.rows:
            return ""
        share = parts.quarantined / parts.rows
        return (
            f"{parts.quarantined:,} of {parts.rows:,} rows ({share:.1%}) would be quarantined, more than "
            f"`quarantine_limit: {limit:g}` allows ({self.suite.place})"
        )


def _rows(results: tuple[CheckResult, ...]) -> int | None:
    whole = [r.rows for r in results if r.rows is not None and not r.kwargs.get("row_condition")]
    counted: list[Any] = [r.observed for r in results if r.expectation.startswith("expect_table_row_count")]
    return max([*whole, *(n for n in counted if isinstance(n, int))], default=None)
