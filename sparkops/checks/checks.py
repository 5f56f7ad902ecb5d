"""The entry point to the data checks of a project: suites, the gate before publication, and Data Docs."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.checks.execution.compiled_suite import CompiledSuite, compile_suite, load_compiled_suite
from sparkops.checks.gate import PublishGate
from sparkops.checks.gx.data_docs import DataDocs
from sparkops.checks.gx.library import GxLibrary
from sparkops.checks.outcome import GateOutcome
from sparkops.checks.suite.column_fit import find_misfits
from sparkops.checks.suite.problems import raise_problems
from sparkops.checks.suite.schema_columns import Columns
from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite
from sparkops.config.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

log = logging.getLogger("sparkops.checks")


class Checks:
    """The suites of conf/checks, and the gate that a frame must pass before it is published."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._library = GxLibrary()

    def suite(self, table: str) -> Suite | None:
        """Return the suite of a table, or None if conf/checks has no file for it."""
        path = self._suite_folder / f"{table}.yml"
        display_name = path.relative_to(self.settings.root).as_posix()
        return load_suite(path, table, display_name=display_name) if path.is_file() else None

    def tables(self) -> list[str]:
        """Return the tables that have a suite, sorted."""
        return sorted(path.stem for path in self._suite_folder.glob("*.yml"))

    def suites(self) -> Mapping[str, Suite]:
        """Return every suite of the project by table."""
        suites = {table: self.suite(table) for table in self.tables()}
        return {table: suite for table, suite in suites.items() if suite is not None}

    def warm(self, tables: Iterable[str]) -> None:
        """Start importing Great Expectations in the background if these tables will need it; return at once.

        A suite that was validated before, and that is evaluated without Great Expectations, needs it for Data Docs only.
        """
        suites = [suite for suite in map(self.suite, tables) if suite is not None]
        if suites and (self.settings.checks.docs or any(map(self._needs_library, suites))):
            self._library.start_import()

    def validate(self, suite: Suite) -> None:
        """Check names and arguments with Great Expectations, without Spark. A suite that is known to be valid is skipped.

        Raises:
            ConfigError: With every mistake, each with file and line.
        """
        self._compiled(suite)

    def require_fit(
        self, suite: Suite, struct: Mapping[str, Any], *, warnings: bool = False, advice: str = ""
    ) -> None:
        """Refuse a suite that cannot be evaluated on a table's columns, without Spark and without Great Expectations.

        Args:
            suite: The suite.
            struct: The columns, in the JSON form of Delta.
            warnings: Whether an expectation with the policy `warn` is refused too.
            advice: What else can be done about it.

        Raises:
            ConfigError: With every column that is missing or has a wrong type, each with file and line.
        """
        problems = find_misfits(suite, Columns.from_json(struct), warnings=warnings)
        raise_problems(suite.place.file, problems, advice=advice)

    def gate(self, suite: Suite, frame: DataFrame, *, table: str, run_id: str) -> GateOutcome:
        """Evaluate a suite and decide which rows may be published.

        Args:
            suite: The expectations on the rows.
            frame: Rows to check. They are read more than once, so pass a frame that reads staged data.
            table: Table that they will be written to.
            run_id: Run that writes them.
        """
        outcome = PublishGate(suite, self._compiled(suite), frame, run_id, self._library).decide()
        log.info("%s: %s", table, outcome.summary)
        return outcome

    def write_docs(self, outcome: GateOutcome) -> Path | None:
        """Write the run's page of Data Docs and the index; return the index, or None if Data Docs are off."""
        if not self.settings.checks.docs or outcome.validation is None:
            return None
        self._library.ensure_imported()
        return DataDocs(self.settings.state / "gx" / "docs").write(outcome.validation)

    def _compiled(self, suite: Suite) -> CompiledSuite:
        compiled = load_compiled_suite(suite, self._cache)
        if compiled is None:
            self._library.ensure_imported()
            compiled = compile_suite(suite, self._cache)
        return compiled

    def _needs_library(self, suite: Suite) -> bool:
        compiled = load_compiled_suite(suite, self._cache)
        return compiled is None or bool(compiled.by_gx)

    @property
    def _suite_folder(self) -> Path:
        return self.settings.root / "conf" / "checks"

    @property
    def _cache(self) -> Path:
        return self.settings.state / "gx" / "suites"
