"""A suite that Great Expectations has validated: its arguments as values, kept by content so that it is asked once."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sparkops.checks.suite.suite import Expectation, Suite

_FORMAT = 1
_SHOWN_ONLY = ("description", "notes")
_OWN = "great_expectations.expectations.core."
_MAPPING = (
    "quantile_ranges"  # the one argument that is a mapping; any other stands for a parameter of the suite
)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A valid suite.

    Args:
        native: Position to type and arguments, for the expectations that are judged without Great Expectations.
        others: Positions of those that Great Expectations judges.
    """

    native: Mapping[int, tuple[str, Mapping[str, Any]]]
    others: tuple[int, ...]

    @classmethod
    def of(cls, suite: Suite, arguments: Sequence[Mapping[str, Any] | None]) -> Compiled:
        """Return a suite by the arguments of each expectation; None for what Great Expectations judges."""
        native = {
            index: (suite.expectations[index].type, values)
            for index, values in enumerate(arguments)
            if values is not None
        }
        return cls(native, tuple(index for index, values in enumerate(arguments) if values is None))


def kept(suite: Suite, folder: Path) -> Compiled | None:
    """Return the suite as it was kept, or None where Great Expectations must validate it first."""
    path = _path(suite, folder)
    if path is None:
        return None
    try:
        arguments = json.loads(path.read_text(encoding="utf-8"), object_hook=_untagged)
    except (OSError, ValueError):
        return None
    whole = isinstance(arguments, list) and len(arguments) == len(suite.expectations)
    return Compiled.of(suite, arguments) if whole else None


def compile_suite(suite: Suite, folder: Path) -> Compiled:
    """Validate a suite by Great Expectations, which must be imported, and keep what it made of the arguments.

    Raises:
        ConfigError: With every mistake, each with file and line.
    """
    from sparkops.checks.gx.expectation_builder import build

    made = build(suite)
    arguments = [_arguments(*pair) for pair in zip(suite.expectations, made, strict=True)]
    path = _path(suite, folder)
    # An expectation of somebody else's may change under its name, so it is validated each time.
    if path is not None and all(type(one).__module__.startswith(_OWN) for one in made):
        _write(path, json.dumps(arguments, default=_tagged))
    return Compiled.of(suite, arguments)


def _arguments(expectation: Expectation, made: Any) -> dict[str, Any] | None:
    """Return an expectation's arguments as Great Expectations reads them; None where it must judge itself."""
    from sparkops.checks.expectations.registry import RULES
    from sparkops.checks.expectations.rule import CONDITIONED

    rule = RULES.get(expectation.type)
    condition = expectation.kwargs.get("row_condition")
    if (
        rule is None
        or not type(made).__module__.startswith(_OWN)
        or not set(expectation.kwargs) <= {*rule.takes, *_SHOWN_ONLY}
        or expectation.kwargs.get("condition_parser") not in (None, "spark")
        or not (condition is None or isinstance(condition, str))
    ):
        return None
    values = made.dict()
    arguments = {name: values[name] for name in rule.takes if name not in CONDITIONED}
    if any(isinstance(value, dict) and name != _MAPPING for name, value in arguments.items()):
        return None
    return {**arguments, "row_condition": condition}


def _path(suite: Suite, folder: Path) -> Path | None:
    """Return where a suite is kept: by what it says, and by the library that validated it."""
    try:
        library = version("great-expectations")
    except PackageNotFoundError:
        return None
    said = ", ".join(map(_identity, suite.expectations))
    text = f"({_FORMAT!r}, {library!r}, [{said}])"
    return folder / f"{sha256(text.encode()).hexdigest()[:32]}.json"


def _identity(one: Expectation) -> str:
    """Return what an expectation says, as it goes into the hash: the text stays, whatever the classes are called."""
    limit = one.fail_over
    over = "None" if limit is None else f"Limit(rows={limit.rows!r}, share={limit.share!r})"
    return f"({one.type!r}, {sorted(one.kwargs.items())!r}, {one.policy!r}, {one.severity!r}, {over})"


def _tagged(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    raise TypeError(f"A suite cannot hold {value!r}, a {type(value).__name__}.")


def _untagged(value: dict[str, Any]) -> Any:
    if "$datetime" in value:
        return datetime.fromisoformat(value["$datetime"])
    if "$date" in value:
        return date.fromisoformat(value["$date"])
    return value


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".suite-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
