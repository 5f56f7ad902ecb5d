"""All rules by Great Expectations' names; what is not among them, Great Expectations itself judges."""

from __future__ import annotations

from collections.abc import Mapping

from sparkops.checks.expectations import aggregates, keys, order, records, spread, table, values
from sparkops.checks.expectations.rule import Rule

RULES: Mapping[str, Rule] = {
    **values.RULES,
    **records.RULES,
    **aggregates.RULES,
    **spread.RULES,
    **keys.RULES,
    **order.RULES,
    **table.RULES,
}
