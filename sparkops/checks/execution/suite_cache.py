"""Compiled suites, cached on disk by content.

A suite that is in the cache is evaluated without importing Great Expectations, unless it contains an expectation that
only Great Expectations evaluates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sparkops.checks.execution.compiled_suite import DISPLAY_ARGUMENTS, CompiledSuite, parse_suite
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.config.state_file import MALFORMED
from sparkops.core.atomic_file import replace_file
from sparkops.core.bounded_file import MAX_FACTS, read_text

_FORMAT = 1
# Expectations that have planners since version 0.3, with the arguments that those support.
_ADDED_PLANNERS = frozenset(
    f"expect_column_values_to_{verb}_like_pattern{suffix}"
    for verb in ("match", "not_match")
    for suffix in ("", "_list")
)
_ADDED_ARGUMENTS = frozenset(
    ("column", "mostly", "like_pattern", "like_pattern_list", "match_on", "escape", *DISPLAY_ARGUMENTS)
)


def load_compiled_suite(suite: Suite, folder: Path) -> CompiledSuite | None:
    """Return the suite from the cache, or None if Great Expectations must validate it first."""
    path = _locate_cache_file(suite, folder)
    if path is None:
        return None
    try:
        arguments = json.loads(read_text(path, MAX_FACTS), object_hook=_decode)
    except (OSError, *MALFORMED):
        return None
    is_complete = isinstance(arguments, list) and len(arguments) == len(suite.expectations)
    return CompiledSuite.of(suite, arguments) if is_complete and not _is_outdated(suite, arguments) else None


def compile_suite(suite: Suite, folder: Path) -> CompiledSuite:
    """Validate a suite with Great Expectations, which must be imported, and write the result to the cache.

    Raises:
        ConfigError: With every mistake, each with file and line.
    """
    arguments, is_core = parse_suite(suite)
    path = _locate_cache_file(suite, folder)
    # A custom expectation may change its code and keep its name, so a suite that contains one is not cached.
    if path is not None and is_core:
        replace_file(path, json.dumps(arguments, default=_encode), durable=False)
    return CompiledSuite.of(suite, arguments)


def hash_content(suite: Suite) -> str:
    """Return a hash of everything that the evaluation of a suite depends on."""
    return sha256(", ".join(map(_describe_content, suite.expectations)).encode()).hexdigest()


def _is_outdated(suite: Suite, arguments: Sequence[Mapping[str, Any] | None]) -> bool:
    """Return whether version 0.2 compiled a suite that would be compiled differently now.

    It left LIKE patterns to Great Expectations, and did not convert a date bound beside a time bound.
    """
    return any(
        _has_planner_now(expectation) if values is None else _has_date_beside_time(values)
        for expectation, values in zip(suite.expectations, arguments, strict=True)
    )


def _has_planner_now(expectation: Expectation) -> bool:
    return expectation.type in _ADDED_PLANNERS and set(expectation.kwargs) <= _ADDED_ARGUMENTS


def _has_date_beside_time(arguments: Mapping[str, Any]) -> bool:
    return {type(arguments.get("min_value")), type(arguments.get("max_value"))} == {date, datetime}


def _locate_cache_file(suite: Suite, folder: Path) -> Path | None:
    """Return the suite's file in the cache: a hash of its content and of the version of Great Expectations."""
    try:
        gx_version = version("great-expectations")
    except PackageNotFoundError:
        return None
    content = f"({_FORMAT!r}, {gx_version!r}, [{', '.join(map(_describe_content, suite.expectations))}])"
    return folder / f"{sha256(content.encode()).hexdigest()[:32]}.json"


def _describe_content(expectation: Expectation) -> str:
    """Return everything about an expectation that its compiled form depends on."""
    threshold = expectation.fail_over
    # `Limit` is part of a persisted file name. It must not change with the name of the class.
    limit = "None" if threshold is None else f"Limit(rows={threshold.rows!r}, share={threshold.share!r})"
    fields = (
        expectation.type,
        sorted(expectation.kwargs.items()),
        expectation.policy,
        expectation.severity,
    )
    return f"({', '.join(map(repr, fields))}, {limit})"


def _encode(value: Any) -> Any:
    """Return the JSON form of a value that JSON does not have."""
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    raise TypeError(f"A suite cannot contain {value!r}, a {type(value).__name__}.")


def _decode(value: dict[str, Any]) -> Any:
    """Return the value that `_encode` encoded."""
    if "$datetime" in value:
        return datetime.fromisoformat(value["$datetime"])
    if "$date" in value:
        return date.fromisoformat(value["$date"])
    return value
