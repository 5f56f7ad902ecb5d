"""Whether the suites of a project can be run: names and arguments, and the columns that are known without Spark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkops.errors import ConfigError, UnknownName

if TYPE_CHECKING:
    from sparkops.engine.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Valid:
    """A suite that can be run.

    Args:
        table: What it is about.
        expectations: How many there are.
        columns_known: Whether they were held against the columns of the table: those may not be known here, or its job may
            change them.
    """

    table: str
    expectations: int
    columns_known: bool


def validate(engine: Engine, table: str | None = None) -> tuple[Valid, ...]:
    """Validate one suite, or all of the project.

    Raises:
        UnknownName: The table has no suite.
        ConfigError: With every mistake of every suite, each with file and line.
    """
    known = engine.workshop.checks.tables()
    if table is not None and table not in known:
        raise UnknownName("suite", table, known, where="conf/checks")
    found: list[Valid] = []
    wrong: list[str] = []
    for each in known if table is None else [table]:
        try:
            found.append(_validated(engine, each))
        except ConfigError as error:
            wrong.append(str(error))
    if wrong:
        raise ConfigError("\n".join(wrong))
    return tuple(found)


def _validated(engine: Engine, table: str) -> Valid:
    shop = engine.workshop
    suite = shop.checks.suite(table)
    assert suite is not None
    shop.checks.validate(suite)
    writes = [write for job in engine.declared.values() for write in job.writes if write.table == table]
    told = None if any(write.schema_change for write in writes) else shop.tables.told(table)
    if told is not None:
        shop.checks.require_fit(suite, told, warnings=True)
    return Valid(table=table, expectations=len(suite.expectations), columns_known=told is not None)
