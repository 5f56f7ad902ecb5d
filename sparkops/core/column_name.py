"""Names of columns as Spark SQL reads them."""

from __future__ import annotations


def quote_column(name: str) -> str:
    """Return a column name in backticks, so that Spark does not read its dots as struct access."""
    return f"`{name.replace('`', '``')}`"
