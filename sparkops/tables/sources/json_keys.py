"""Search the declared keys in the first records of a JSON file, without Spark."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

from sparkops.core.bounded_file import open_regular

# Records at the beginning of a file in which keys are searched, and bytes of a file that is one JSON value.
_FIRST_RECORDS: Final = 1000
_MAX_BYTES: Final = 64_000_000
_OPENERS: Final[Mapping[str, Any]] = {".gz": gzip.open, ".bz2": bz2.open}


def has_declared_keys(
    file: Path, declared: Mapping[str, Any], *, optional: Collection[str], encoding: str, multi_line: bool
) -> bool:
    """Return whether the first records of a file have every declared key, or the file has no record.

    A key of a nested object is required if a record has the object. False is no verdict: a later record may have the
    key, and what is damaged or compressed in another way is not read here.

    Args:
        file: The file.
        declared: The declared columns, schema JSON of Spark.
        optional: Top-level keys that may be missing.
        encoding: Encoding of the file.
        multi_line: Whether the file is one JSON value: a record, or a list of records.
    """
    fields = [one for one in declared["fields"] if one["name"] not in optional]
    keys, declared_keys = _Keys(), set(_list_paths(fields, ""))
    try:
        for record in islice(
            _iterate_records(file, encoding=encoding, multi_line=multi_line), _FIRST_RECORDS
        ):
            if isinstance(record, dict):
                keys.add_object(record, fields, "")
            if keys.present >= declared_keys:
                return True
    except (ValueError, OSError, LookupError, EOFError):
        return False
    return not keys.missing


def _list_paths(fields: Collection[Mapping[str, Any]], prefix: str) -> Iterator[str]:
    for one in fields:
        path, data_type = f"{prefix}{one['name']}", one["type"]
        yield path
        while isinstance(data_type, Mapping) and data_type["type"] in ("array", "map"):
            path, data_type = f"{path}[]", data_type.get("elementType", data_type.get("valueType"))
        if isinstance(data_type, Mapping) and data_type["type"] == "struct":
            yield from _list_paths(data_type["fields"], f"{path}.")


def _iterate_records(file: Path, *, encoding: str, multi_line: bool) -> Iterator[Any]:
    with _open_text(file, encoding) as lines:
        if not multi_line:
            yield from (json.loads(line) for line in lines if line.strip())
            return
        text = lines.read(_MAX_BYTES)
    value = json.loads(text) if text.strip() else []
    yield from value if isinstance(value, list) else (value,)


@contextmanager
def _open_text(file: Path, encoding: str) -> Iterator[IO[str]]:
    unpack = _OPENERS.get(file.suffix, TextIOWrapper)
    options = {"mode": "rt"} if file.suffix in _OPENERS else {}
    with (
        open_regular(file) as content,
        unpack(content, **options, encoding=encoding, errors="replace") as lines,
    ):
        yield lines


@dataclass(slots=True)
class _Keys:
    """The declared keys of the records that were searched, by path: `s.a`, and `items[].a` in the objects of a list.

    Args:
        present: Keys that a record has.
        missing: Keys that no record has, of objects that a record has.
    """

    present: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)

    def add_object(
        self, record: Mapping[str, Any], fields: Collection[Mapping[str, Any]], prefix: str
    ) -> None:
        for one in fields:
            path = f"{prefix}{one['name']}"
            if one["name"] in record:
                self.present.add(path)
                self.missing.discard(path)
                self._add_value(record[one["name"]], one["type"], path)
            elif path not in self.present:
                self.missing.add(path)

    def _add_value(self, value: Any, data_type: Any, path: str) -> None:
        if isinstance(data_type, str) or value is None:
            return
        kind = data_type["type"]
        if kind == "struct" and isinstance(value, dict):
            self.add_object(value, data_type["fields"], f"{path}.")
        elif kind == "array" and isinstance(value, list):
            for item in value:
                self._add_value(item, data_type["elementType"], f"{path}[]")
        elif kind == "map" and isinstance(value, dict):
            for item in value.values():
                self._add_value(item, data_type["valueType"], f"{path}[]")
