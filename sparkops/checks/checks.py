"""The entry point to the data checks of a project: suites, and the checkpoints before publication."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.checks.checkpoint_run import CheckpointRun
from sparkops.checks.execution.compiled_suite import CompiledSuite
from sparkops.checks.execution.suite_cache import compile_suite, hash_content, load_compiled_suite
from sparkops.checks.gx.library import GxLibrary
from sparkops.checks.outcome import CheckpointOutcome
from sparkops.checks.suite.argument_problems import find_invalid_arguments
from sparkops.checks.suite.column_fit import find_misfits
from sparkops.checks.suite.problems import raise_problems
from sparkops.checks.suite.schema_columns import Columns
from sparkops.checks.suite.spark_only import needs_spark
from sparkops.checks.suite.suite import Suite
from sparkops.checks.suite.suite_file import load_suite
from sparkops.config.settings import Settings
from sparkops.core.atomic_file import replace_file

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_log = logging.getLogger("sparkops.checks")


class Checks:
    """The suites of conf/checks, and the checkpoint that a frame must pass before it is published."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._library = GxLibrary()

    def find_suite(self, table: str) -> Suite | None:
        """Return the suite of a table, or None if conf/checks has no file for it."""
        path = self._suite_folder / f"{table}.yml"
        display_name = path.relative_to(self.settings.root).as_posix()
        return load_suite(path, table, display_name=display_name) if os.path.lexists(path) else None

    def list_tables(self) -> list[str]:
        """Return the tables that have a suite, sorted."""
        return sorted(path.stem for path in self._suite_folder.glob("*.yml"))

    def load_suites(self) -> Mapping[str, Suite]:
        """Return every suite of the project by table."""
        suites = {table: self.find_suite(table) for table in self.list_tables()}
        return {table: suite for table, suite in suites.items() if suite is not None}

    def warm(self, tables: Iterable[str]) -> None:
        """Start importing Great Expectations in the background if these tables will need it.

        This returns when files of jobs can be imported. A suite that was validated before, and that is evaluated
        without Great Expectations, does not need it.
        """
        suites = [suite for suite in map(self.find_suite, tables) if suite is not None]
        if any(map(self._needs_library, suites)):
            self._library.start_import()
            self._library.finish_shared_imports()

    def validate(self, suite: Suite) -> None:
        """Check names and arguments, without Spark; Great Expectations validates a suite that is not in the cache.

        Raises:
            ConfigError: With every mistake, each with file and line.
        """
        raise_problems(suite.place.file, find_invalid_arguments(suite))
        self._compile(suite)

    def needs_dry_run(self, suite: Suite, struct: Mapping[str, Any] | None) -> bool:
        """Return whether only Spark can say whether a suite can be evaluated, and has not said so before.

        Args:
            suite: A valid suite.
            struct: The table's columns, in the JSON form of Delta; None if they are unknown.
        """
        columns = None if struct is None else Columns.from_json(struct)
        return needs_spark(suite, columns) and not self._find_marker(suite, struct).is_file()

    def dry_run(
        self, suite: Suite, spark: SparkSession, struct: Mapping[str, Any] | None, *, warnings: bool = False
    ) -> None:
        """Refuse a suite that Spark cannot evaluate, found on a frame without rows; success is remembered.

        Args:
            suite: A valid suite.
            spark: The session.
            struct: The table's columns, in the JSON form of Delta; None if they are unknown.
            warnings: Whether an expectation with the policy `warn` is refused, too, if only its columns do not fit.

        Raises:
            ConfigError: With every expectation that cannot be evaluated, each with file and line.
        """
        from sparkops.checks.execution.dry_run import DryRun

        mark = self._find_marker(suite, struct)
        if mark.is_file():
            return
        problems = DryRun(spark, suite, self._compile(suite), struct).find_problems(warnings=warnings)
        raise_problems(suite.place.file, problems)
        if warnings or all(expectation.policy != "warn" for expectation in suite.expectations):
            replace_file(mark, "", durable=False)

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

    def run_checkpoint(self, suite: Suite, frame: DataFrame, *, table: str, run_id: str) -> CheckpointOutcome:
        """Evaluate a suite and decide which rows may be published.

        Args:
            suite: The expectations on the rows.
            frame: Rows to check. They are read more than once, so pass a frame that reads staged data.
            table: Table that they will be written to.
            run_id: Run that writes them.
        """
        outcome = CheckpointRun(suite, self._compile(suite), frame, run_id, self._library).decide()
        _log.info("%s: %s", table, outcome.summary)
        return outcome

    def _compile(self, suite: Suite) -> CompiledSuite:
        compiled = load_compiled_suite(suite, self._cache)
        if compiled is None:
            self._library.ensure_imported()
            compiled = compile_suite(suite, self._cache)
        return compiled

    def _needs_library(self, suite: Suite) -> bool:
        compiled = load_compiled_suite(suite, self._cache)
        return compiled is None or bool(compiled.by_gx)

    def _find_marker(self, suite: Suite, struct: Mapping[str, Any] | None) -> Path:
        """Return the file whose existence means that Spark can evaluate a suite on these columns."""
        conf = sorted((key, str(value)) for key, value in self.settings.spark.conf.items())
        content = json.dumps([hash_content(suite), struct, conf, _find_spark_version()], sort_keys=True)
        return self._cache / f"{sha256(content.encode()).hexdigest()[:32]}.spark"

    @property
    def _suite_folder(self) -> Path:
        return self.settings.root / "conf" / "checks"

    @property
    def _cache(self) -> Path:
        return self.settings.state / "gx" / "suites"


def _find_spark_version() -> str:
    """Return the version of the installed Spark, or an empty string."""
    try:
        return version("pyspark")
    except PackageNotFoundError:
        return ""
