"""What a suite says of one row, taken from it for a model that its table trains; no Spark job is run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparkops.checks.execution.compiled_suite import Compiled, compile_suite, kept
from sparkops.checks.expectations.registry import RULES
from sparkops.checks.gx.library import Library
from sparkops.checks.suite.schema_columns import Columns
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.scoring.ir.conditions import RowRule, plain_name
from sparkops.scoring.ir.portable_rules import OmittedRule, PortableRule, PortableRules


def row_checks(suite: Suite, folder: Path, schema: Any, types: Mapping[str, str]) -> PortableRules:
    """Return the rules about one row of a suite, and its expectations that are none.

    Args:
        suite: The suite.
        folder: Where suites are kept that Great Expectations found valid; it is asked about others.
        schema: Spark's schema of the table.
        types: The types of its columns, as fields of a model have them.

    Raises:
        ConfigError: The suite is not valid.
    """
    compiled = kept(suite, folder)
    if compiled is None:
        Library().wait()
        compiled = compile_suite(suite, folder)
    columns = Columns.of(schema)
    rules, left_out = [], []
    for index, expectation in enumerate(suite.expectations):
        found = _rule(compiled, index, columns)
        if isinstance(found, RowRule):
            rules.append(_carried(expectation, suite.table, found, types))
        else:
            left_out.append(OmittedRule(label=expectation.label, table=suite.table, why=found))
    return PortableRules(rules=tuple(rules), left_out=tuple(left_out))


def _rule(compiled: Compiled, index: int, columns: Columns) -> RowRule | str:
    """Return an expectation's rule about one row, or why it is none."""
    if index not in compiled.native:
        return "Great Expectations itself judges it"
    kind, arguments = compiled.native[index]
    row = RULES[kind].row
    if row is None:
        return "it needs the whole table"
    try:
        return row(arguments, columns)
    except (ValueError, TypeError, LookupError) as error:
        return f"it cannot be evaluated ({error})"


def _carried(expectation: Expectation, table: str, rule: RowRule, types: Mapping[str, str]) -> PortableRule:
    names = [plain_name(name) for name in rule.fields]
    return PortableRule(
        label=expectation.label,
        table=table,
        place=str(expectation.place),
        policy=expectation.policy,
        mostly=float(expectation.kwargs.get("mostly", 1.0)),
        types={name: types[name] for name in names if name in types},
        rule=rule,
    )
