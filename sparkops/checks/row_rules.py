"""The row-level expectations of a suite as rules that a model can evaluate on single rows. No Spark job is run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparkops.checks.execution.compiled_suite import CompiledSuite
from sparkops.checks.execution.suite_cache import compile_suite, load_compiled_suite
from sparkops.checks.expectations.planners import PLANNERS
from sparkops.checks.gx.library import GxLibrary
from sparkops.checks.suite.schema_columns import Columns
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.scoring.ir.conditions import RowRule, unquote
from sparkops.scoring.ir.portable_rules import OmittedRule, PortableRule, PortableRules


def extract_row_rules(suite: Suite, cache: Path, schema: Any, types: Mapping[str, str]) -> PortableRules:
    """Return the row rules of a suite, and the expectations that are not row rules.

    Args:
        suite: The suite.
        cache: Folder of compiled suites. A suite that is not there is validated by Great Expectations.
        schema: Spark's schema of the table.
        types: The types of its columns, as fields of a model have them.

    Raises:
        ConfigError: The suite is not valid.
    """
    compiled = load_compiled_suite(suite, cache)
    if compiled is None:
        GxLibrary().ensure_imported()
        compiled = compile_suite(suite, cache)
    columns = Columns.of(schema)
    rules, left_out = [], []
    for index, expectation in enumerate(suite.expectations):
        rule = _find_row_rule(compiled, index, columns)
        if isinstance(rule, RowRule):
            rules.append(_to_portable(expectation, suite.table, rule, types))
        else:
            left_out.append(OmittedRule(label=expectation.label, table=suite.table, reason=rule))
    return PortableRules(rules=tuple(rules), left_out=tuple(left_out))


def _find_row_rule(compiled: CompiledSuite, index: int, columns: Columns) -> RowRule | str:
    """Return an expectation's row rule, or the reason why it has none."""
    if index not in compiled.native:
        return "Great Expectations itself judges it"
    name, arguments = compiled.native[index]
    row_rule = PLANNERS[name].row_rule
    if row_rule is None:
        return "it needs the whole table"
    try:
        return row_rule(arguments, columns)
    except (ValueError, TypeError, LookupError) as error:
        return f"it cannot be evaluated ({error})"


def _to_portable(
    expectation: Expectation, table: str, rule: RowRule, types: Mapping[str, str]
) -> PortableRule:
    names = [unquote(name) for name in rule.fields]
    return PortableRule(
        label=expectation.label,
        table=table,
        place=str(expectation.place),
        policy=expectation.policy,
        mostly=float(expectation.kwargs.get("mostly", 1.0)),
        types={name: types[name] for name in names if name in types},
        rule=rule,
    )
