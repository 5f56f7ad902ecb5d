"""Decide whether a suite always has the same result for a version of a table, so that it need not run again."""

from __future__ import annotations

import re
from typing import Any, Final

from sparkops.checks.suite.suite import Expectation, Suite

# Arguments with SQL that may read other tables, and with the name of one.
_OTHER_ROWS: Final = re.compile(r"(?:^|_)query$|^other_table_name$")
# Words of Spark SQL by which a condition depends on time, chance, the session or other tables. `today` and its like are
# special values of dates. If only a column has such a name, the suite is merely evaluated again.
_CHANGING: Final = re.compile(
    r"\b(?:now|curdate|current_\w+|localtimestamp|unix_timestamp|today|tomorrow|yesterday"
    r"|rand|randn|random|randstr|uniform|shuffle|uuid|monotonically_increasing_id|spark_partition_id|input_file_\w+"
    r"|session_user|reflect|java_method|try_reflect|select)\b",
    re.IGNORECASE,
)


def is_repeatable(suite: Suite) -> bool:
    """Return whether the result of a suite depends on the rows alone: not on time, chance or other tables."""
    return not any(map(_can_change, suite.expectations))


def _can_change(expectation: Expectation) -> bool:
    """Return whether the result of an expectation may change for the same rows."""
    condition: Any = expectation.kwargs.get("row_condition")
    is_changing = isinstance(condition, str) and _CHANGING.search(condition) is not None
    return is_changing or any(_OTHER_ROWS.search(name) for name in expectation.kwargs)
