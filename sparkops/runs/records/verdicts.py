"""Verdicts of checks: each belongs to one version of a table, one state of its suite, and settings of Spark.

A verdict does not expire, so none is saved for a suite that depends on time, chance or other tables.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from sparkops.config.state_file import DamagedState, read_state, require_text, require_version
from sparkops.core.atomic_file import replace_file
from sparkops.core.masking import mask_json
from sparkops.pipeline.table import Pin

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionVerdict:
    """What a checkpoint decided about a version of a table.

    Args:
        table: The table.
        version: Its version; None for files.
        suite: Hash of the suite.
        failed: Whether a job would not have published the version as it is.
        results: The result of each expectation, as JSON values.
        summary: The results in one line.
        run: The run, or the command, that computed it.
        time: When, ISO 8601.
    """

    table: str
    version: int | None
    suite: str
    failed: bool
    results: tuple[Mapping[str, Any], ...]
    summary: str
    run: str
    time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictFile:
    """The file of a verdict.

    Args:
        path: The file.
        bytes: Its size.
        table: The table.
        version: Its version; None for files.
        identity: Delta's id of the table; None where an earlier release wrote the file.
        time: When the verdict was computed.
    """

    path: Path
    bytes: int
    table: str
    version: int | None
    identity: str | None
    time: datetime


@dataclass(frozen=True, slots=True)
class VerdictStore:
    """The verdicts of a project.

    Args:
        folder: `<state>/verdicts`.
        secrets: Values that are masked in the files.
        conf: Settings of Spark that change values, and with them the results of a suite.
    """

    folder: Path
    secrets: tuple[str, ...] = ()
    conf: Mapping[str, Any] = field(default_factory=dict)

    def find(self, pin: Pin, suite: str) -> VersionVerdict | None:
        """Return the verdict about a version of a table by a suite (its hash), or None if none can be read."""
        parse = partial(_parse, pin=pin, suite=suite)
        try:
            return read_state(
                self._locate(pin, suite), parse, content="a verdict", advice="the checks are run again"
            )
        except (OSError, DamagedState):
            return None

    def save(self, pin: Pin, verdict: VersionVerdict) -> None:
        """Save a verdict; if the file cannot be written, it is computed again when it is needed."""
        path = self._locate(pin, verdict.suite)
        facts = {"format": _FORMAT, "identity": pin.identity, **asdict(verdict)}
        value = mask_json(facts, self.secrets)
        with suppress(OSError):
            replace_file(path, json.dumps(value, default=str), durable=False, private=True)

    def list_files(self) -> Iterator[VerdictFile]:
        """Yield the files of the verdicts that can be read."""
        for path in sorted(self.folder.glob("*.json")):
            parse = partial(_parse_file, path=path)
            with suppress(OSError, DamagedState):
                yield read_state(path, parse, content="a verdict", advice="it is left alone")

    def _locate(self, pin: Pin, suite: str) -> Path:
        """Return the file of a verdict; a new identity, of a new table or of changed files, has another file."""
        facts = [pin.table, pin.identity, pin.version, pin.options_hash, suite, dict(self.conf)]
        name = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:32]
        return self.folder / f"{name}.json"


def _parse_file(value: Any, path: Path) -> VerdictFile:
    """Return the facts of a verdict's file.

    Raises:
        ValueError, TypeError, KeyError: The file is malformed.
    """
    time = datetime.fromisoformat(require_text(value, "time"))
    return VerdictFile(
        path=path,
        bytes=path.lstat().st_size,
        table=require_text(value, "table"),
        version=require_version(value["version"]) if value["version"] is not None else None,
        identity=require_text(value, "identity") if "identity" in value else None,
        time=time if time.tzinfo else time.replace(tzinfo=UTC),
    )


def _parse(value: Any, pin: Pin, suite: str) -> VersionVerdict:
    """Return the verdict in a file.

    Raises:
        ValueError, TypeError, KeyError: The file is malformed, or its verdict is about another version.
    """
    if value["format"] != _FORMAT or (value["table"], value["version"], value["suite"]) != (
        pin.table,
        pin.version,
        suite,
    ):
        raise ValueError("another verdict")
    texts = {name: value[name] for name in ("table", "suite", "summary", "run", "time")}
    results = value["results"]
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(value["failed"], bool):
        raise TypeError("a value has another form")
    if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
        raise TypeError("the results have another form")
    return VersionVerdict(version=pin.version, failed=value["failed"], results=tuple(results), **texts)
