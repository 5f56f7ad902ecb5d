"""The scoring protocol: bytes to rows, answers to bytes."""

from __future__ import annotations

import json

import pytest

from sparkops.scoring.ir.field import Field
from sparkops.serving.protocol import RequestError, format_answer, read_rows

FIELDS = (Field("origin", "string"), Field("distance", "long"), Field("temp", "double"))
ROWS = [{"origin": "JFK", "distance": 7, "temp": 1.5}, {"origin": None, "distance": None, "temp": None}]
COLUMNS = {"origin": ["JFK", None], "distance": [7, None], "temp": [1.5, None]}


def read(body: object, content_type: str = "application/json") -> list[dict[str, object]]:
    text = body if isinstance(body, str) else json.dumps(body)
    return read_rows(text.encode(), content_type, FIELDS)


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_records": ROWS},
        {"dataframe_split": {"columns": list(COLUMNS), "data": [list(row.values()) for row in ROWS]}},
        {
            "dataframe_split": {
                "columns": list(COLUMNS),
                "index": [5, 6],
                "data": [list(r.values()) for r in ROWS],
            }
        },
        {"instances": ROWS},
        {"inputs": ROWS},
        {"inputs": COLUMNS},
        {"instances": COLUMNS, "params": {}},
    ],
)
def test_every_format_of_mlflows_protocol_gives_the_same_rows(body: object) -> None:
    assert read(body) == ROWS


def test_csv_cells_are_converted_to_field_types_and_empty_ones_to_null() -> None:
    assert read("origin,distance,temp\nJFK,7,1.5\n,,\n", "text/csv; charset=utf-8") == ROWS
    assert read("origin,distance,temp\nJFK,7.0,nan\n", "text/csv")[0] == {
        "origin": "JFK",
        "distance": 7,
        "temp": None,
    }


def test_an_invalid_csv_cell_remains_text() -> None:
    assert read("distance,temp\nfar,warm\n", "text/csv") == [{"distance": "far", "temp": "warm"}]


def test_whole_floats_of_an_integer_column_come_back_as_integers_and_nan_as_null() -> None:
    rows = read('{"dataframe_records": [{"distance": 7.0, "temp": NaN}, {"distance": 7.5, "temp": 2}]}')
    assert rows == [{"distance": 7, "temp": None}, {"distance": 7.5, "temp": 2}]
    assert type(rows[0]["distance"]) is int


def test_one_row_may_be_given_as_plain_values() -> None:
    assert read({"inputs": ROWS[0]}) == ROWS[:1]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "not JSON"),
        ("[1]", "is a JSON list; it must be an object"),
        ({}, "exactly one of"),
        ({"instances": [], "inputs": []}, "exactly one of"),
        ({"rows": []}, "it contains: rows"),
        ({"dataframe_split": {"data": [[1]]}}, "must name its `columns`"),
        ({"dataframe_split": {"columns": ["a", "a"], "data": []}}, "names a column twice"),
        ({"dataframe_split": {"columns": ["a"], "data": [[1], [1, 2]]}}, "Row 1: "),
        ({"dataframe_records": {"a": 1}}, "must be a list of objects"),
        ({"dataframe_records": [{"a": 1}, 3]}, "Row 1: "),
        ({"inputs": {"a": [1], "b": [1, 2]}}, "it has: a 1, b 2"),
        ({"inputs": {"a": [1], "b": 2}}, "b one value"),
        ({"inputs": 3}, "must be a list of objects, or an object"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_body_that_violates_the_protocol_is_refused_in_one_sentence(body: object, message: str) -> None:
    with pytest.raises(RequestError, match=message) as raised:
        read(body)
    assert raised.value.status == 400
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/json; charset=latin-1", "text/csv;header=no"]
)
def test_other_content_types_are_415(content_type: str) -> None:
    with pytest.raises(RequestError) as raised:
        read({"instances": []}, content_type)
    assert raised.value.status == 415


def test_csv_with_a_short_line_or_broken_quotes_is_refused() -> None:
    with pytest.raises(RequestError, match="Row 1: 1 cells, but the first line names 2"):
        read("a,b\n1,2\n1\n", "text/csv")
    with pytest.raises(RequestError, match="not CSV"):
        read('a\n"x\n', "text/csv")


def test_a_response_contains_no_nan_and_lists_rejected_rows() -> None:
    outputs = [
        {"prediction": 1.0, "probability": [float("nan"), 0.5]},
        {"prediction": None, "probability": None},
    ]
    body = json.loads(format_answer(outputs, {1: "`origin` unseen"}))
    assert body["predictions"][0] == {"prediction": 1.0, "probability": [None, 0.5]}
    assert body["rejected"] == [{"row": 1, "reason": "`origin` unseen"}]
    assert "rejected" not in json.loads(format_answer(outputs, {}))
