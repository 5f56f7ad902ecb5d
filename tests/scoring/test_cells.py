"""Cells of JSON and CSV."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sparkops.scoring.batch.cells import from_csv, from_json, to_json_text


@pytest.mark.parametrize(
    ("text", "type_", "expected"),
    [
        ("NaN", "double", math.nan),
        ("null", "double", None),
        ('"NaN"', "double", math.nan),
        ('"NaN"', "float", math.nan),
        ('"-Infinity"', "double", -math.inf),
        ("Infinity", "double", math.inf),
        ('"NaN"', "string", "NaN"),
        ('"nan"', "double", "nan"),
        ('[1.5, "NaN", null]', "array<double>", [1.5, math.nan, None]),
        ('["NaN"]', "array<string>", ["NaN"]),
        ('["Infinity", 0]', "vector", [math.inf, 0]),
        ('{"type": 1, "values": ["NaN"]}', "vector", {"type": 1, "values": [math.nan]}),
        ("NaN", "long", None),
        ("NaN", "string", None),
        ("null", "long", None),
        ("3.0", "long", 3),
        ("3.5", "long", 3.5),
        ("3", "double", 3),
        ("true", "boolean", True),
        ('"x"', "double", "x"),
        ("1704067200000", "timestamp", datetime(2024, 1, 1, tzinfo=UTC)),
        ("1704067200000.0", "timestamp", datetime(2024, 1, 1, tzinfo=UTC)),
        ("-1", "timestamp", datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        ("1704067200000", "date", date(2024, 1, 1)),
        ("1704067200001", "date", 1704067200001),
        ("100000000000000000", "timestamp", 100000000000000000),
        ('"2024-01-01"', "date", "2024-01-01"),
    ],
)
def test_a_json_value_becomes_a_value_of_its_field(text: str, type_: str, expected: Any) -> None:
    assert repr(from_json(json.loads(text), type_)) == repr(expected)


@pytest.mark.parametrize(
    ("text", "type_", "expected"),
    [
        ("", "string", None),
        ("1.5", "double", 1.5),
        ("nan", "double", math.nan),
        ("NaN", "float", math.nan),
        ("-Infinity", "double", -math.inf),
        ("", "double", None),
        ("7", "long", 7),
        ("7.0", "long", 7),
        ("7.5", "long", 7.5),
        ("TRUE", "boolean", True),
        ("perhaps", "boolean", "perhaps"),
        ("far", "long", "far"),
        ("1", "string", "1"),
        ("1.50", "decimal(4,2)", "1.50"),
        ("1704067200000", "timestamp", datetime(2024, 1, 1, tzinfo=UTC)),
        ("20240101", "timestamp", "20240101"),
        ("2024-01-01T00:00:00Z", "timestamp", "2024-01-01T00:00:00Z"),
    ],
)
def test_a_csv_cell_is_parsed_by_the_type_of_its_field(text: str, type_: str, expected: Any) -> None:
    assert repr(from_csv(text, type_)) == repr(expected)


def test_dates_of_answers_are_iso_text() -> None:
    answer = {"day": date(2024, 2, 29), "at": datetime(2024, 2, 29, 1, 2, 3)}
    assert json.dumps(answer, default=to_json_text) == '{"day": "2024-02-29", "at": "2024-02-29T01:02:03"}'
    with pytest.raises(TypeError, match="bytes has no form in JSON"):
        json.dumps(b"", default=to_json_text)
