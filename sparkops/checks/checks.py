"""The data-validation checkpoints of a project."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.checks.execution.compiled_suite import Compiled, compile_suite, kept
from sparkops.checks.gate import Gate
from sparkops.checks.gx.library import Library
from sparkops.checks.outcome import Outcome
from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite, refuse
from sparkops.config.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

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

    def tables(self) -> list[str]:
        """Return the tables that have a suite, by name."""
        return sorted(path.stem for path in self._folder.glob("*.yml"))

    def suites(self) -> Mapping[str, Suite]:
        """Return every suite of the project by table."""
        found = {table: self.suite(table) for table in self.tables()}
        return {table: suite for table, suite in found.items() if suite is not None}

    def warm(self, tables: Iterable[str]) -> None:
        """Start importing Great Expectations beside whatever runs now, if these tables will need it; return at once.

        A suite that it found valid before and that is judged without it needs it for Data Docs alone.
        """
        suites = [suite for suite in map(self.suite, tables) if suite is not None]
        if suites and (self.settings.checks.docs or any(map(self._needs_library, suites))):
            self._library.begin()

    def validate(self, suite: Suite) -> None:
        """Check names and arguments against Great Expectations; no Spark. What it found valid once, it is not asked again.

        Raises:
            ConfigError: With every mistake, each with file and line.
        """
        self._compiled(suite)

    def require_fit(
        self, suite: Suite, struct: Mapping[str, Any], *, warnings: bool = False, advice: str = ""
    ) -> None:
        """Refuse a suite that cannot be evaluated on a table's columns; no Spark, no Great Expectations.

        Args:
            suite: The suite.
            struct: The columns, as Delta's JSON tells them.
            warnings: Whether an expectation that only warns is refused, too.
            advice: What else can be done about it.

        Raises:
            ConfigError: With every column that is not there or of a wrong type, each with file and line.
        """
        from sparkops.checks.suite.column_fit import misfits
        from sparkops.checks.suite.schema_columns import Columns

        problems = misfits(suite, Columns.told(struct), warnings=warnings)
        refuse(suite.place.file, problems, advice=advice)

    def gate(self, suite: Suite, frame: DataFrame, *, table: str, run_id: str) -> Outcome:
        """Run the suite as a checkpoint and decide which rows may be published.

        Args:
            suite: What the rows must meet.
            frame: Rows to check; read more than once, so read back from where they were staged.
            table: Table that they are for.
            run_id: Run that asks.
        """
        outcome = Gate(suite, self._compiled(suite), frame, run_id, self._library).decide()
        log.info("%s: %s", table, outcome.summary)
        return outcome

    def write_docs(self, outcome: Outcome) -> Path | None:
        """Write the run's page of Data Docs and the index; return the index, or None when docs are off."""
        if not self.settings.checks.docs or outcome.validation is None:
            return None
        self._library.wait()
        from sparkops.checks.gx.data_docs import Site

        return Site(self._docs).write(outcome)

    def docs_page(self, outcome: Outcome) -> Path | None:
        """Return the page of Data Docs that shows this outcome, where it was written."""
        from sparkops.checks.gx.data_docs import Site

        page = Site(self._docs).page(outcome.table, outcome.run_id)
        return page if page.is_file() else None

    def _compiled(self, suite: Suite) -> Compiled:
        known = kept(suite, self._kept)
        if known is None:
            self._library.wait()
            known = compile_suite(suite, self._kept)
        return known

    def _needs_library(self, suite: Suite) -> bool:
        known = kept(suite, self._kept)
        return known is None or bool(known.others)

    @property
    def _folder(self) -> Path:
        return self.settings.root / "conf" / "checks"

    @property
    def _kept(self) -> Path:
        return self.settings.state / "gx" / "suites"

    @property
    def _docs(self) -> Path:
        return self.settings.state / "gx" / "docs"

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.settings.root).as_posix()
