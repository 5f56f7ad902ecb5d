"""Draft a suite for a table, and validate the suites of a project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkops.errors import ConfigError, EngineError, UnknownName
from sparkops.tables.error_messages.spark_errors import translate_spark_errors

if TYPE_CHECKING:
    from sparkops.checks.checks import Checks
    from sparkops.checks.suite.suite import Suite
    from sparkops.engine.container import ServiceContainer
    from sparkops.pipeline.table import Pin
    from sparkops.tables import Tables

# Number of commits from which the usual number of rows of a write is read.
_NEWEST_WRITES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteSuggestion:
    """A drafted suite.

    Args:
        table: The table.
        version: The version that was profiled; None for a source.
        text: The suite as YAML.
        drift: How the table differs from its present suite, one sentence for each difference.
        suite: The file of the present suite; None if the table has none.
    """

    table: str
    version: int | None
    text: str
    drift: tuple[str, ...]
    suite: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteValidation:
    """A suite that can be run.

    Args:
        table: Its table.
        expectations: Number of its expectations.
        columns_known: Whether it was validated against the table's columns, which may be unknown or about to change.
        unchecked_reason: Why Spark could not be started to validate what only Spark can: SQL conditions and unusual
            regular expressions. Empty if it was not needed, or has validated them.
    """

    table: str
    expectations: int
    columns_known: bool
    unchecked_reason: str = ""


def require_suite(checks: Checks, table: str) -> Suite:
    """Return the suite of a table.

    Raises:
        UnknownName: It has none.
    """
    suite = checks.find_suite(table)
    if suite is None:
        advice = f"Write conf/checks/{table}.yml to give `{table}` one."
        raise UnknownName("suite", table, sorted(checks.load_suites()), where="conf/checks", advice=advice)
    return suite


def suggest_suite(container: ServiceContainer, table: str, *, at: int | None = None) -> SuiteSuggestion:
    """Profile a table and draft its suite, in at most two passes over its rows.

    Args:
        container: The services.
        table: The table.
        at: Its version; the newest by default.

    Raises:
        UnknownName: There is no such table or version.
        ConfigError: Its present suite cannot be read.
    """
    tables = container.tables
    pin = tables.pin(table, at=at)
    suite = container.checks.find_suite(table)
    writes = _count_written_rows(tables, pin)
    container.warm_up([])
    from sparkops.checks.profiling.draft import draft
    from sparkops.checks.profiling.drift import describe_drift
    from sparkops.checks.profiling.profiler import profile

    with translate_spark_errors():
        table_profile = profile(tables.read(pin), table)
    return SuiteSuggestion(
        table=table,
        version=pin.version,
        text=draft(table_profile, version=pin.version, writes=writes),
        drift=describe_drift(suite, table_profile) if suite else (),
        suite=suite.place.file if suite else None,
    )


def validate_suites(container: ServiceContainer, table: str | None = None) -> tuple[SuiteValidation, ...]:
    """Validate the suite of one table, or all suites of the project: names, arguments, and columns that are known.

    Spark is started only for what it alone can validate, and not again for a suite that it has found valid.

    Raises:
        UnknownName: The table has no suite.
        ConfigError: With every mistake of every suite, each with file and line.
    """
    known = container.checks.list_tables()
    if table is not None and table not in known:
        raise UnknownName("suite", table, known, where="conf/checks")
    valid: list[SuiteValidation] = []
    mistakes: list[str] = []
    for name in known if table is None else [table]:
        try:
            valid.append(_validate_suite(container, name))
        except ConfigError as error:
            mistakes.append(str(error))
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return tuple(valid)


def _validate_suite(container: ServiceContainer, table: str) -> SuiteValidation:
    checks = container.checks
    suite = require_suite(checks, table)
    checks.validate(suite)
    columns = container.find_lasting_columns(table)
    if columns is not None:
        checks.require_fit(suite, columns, warnings=True)
    unchecked_reason = ""
    if checks.needs_dry_run(suite, columns):
        try:
            session = container.starter.session()
        except EngineError as error:
            unchecked_reason = str(error)
        else:
            checks.dry_run(suite, session, columns, warnings=True)
    return SuiteValidation(
        table=table,
        expectations=len(suite.expectations),
        columns_known=columns is not None,
        unchecked_reason=unchecked_reason,
    )


def _count_written_rows(tables: Tables, pin: Pin) -> tuple[int, ...]:
    """Return how many rows each of the newest commits up to the pin wrote, where the table's log records it."""
    if pin.kind != "delta" or pin.version is None:
        return ()
    commits = tables.read_history(pin.table, _NEWEST_WRITES)
    return tuple(commit.rows for commit in commits if commit.rows and commit.version <= pin.version)
