"""Bodies of requests: bytes to rows, answers to bytes."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
from collections.abc import Mapping
from typing import Any

import pytest

from sparkops.scoring.ir.field import Field
from sparkops.serving.answer import format_answers
from sparkops.serving.request_body import (
    BodyFormat,
    BodyLimits,
    ClientDisconnected,
    parse_body,
    read_format,
    receive_body,
)
from sparkops.serving.request_error import RequestError
from sparkops.serving.request_rows import InputSchema, InvalidRow
from sparkops.serving.row_scoring import Answers, RowProblem

SCHEMA = InputSchema((Field("origin", "string"), Field("distance", "long"), Field("temp", "double")))
ROWS: list[dict[str, Any]] = [
    {"origin": "JFK", "distance": 7, "temp": 1.5},
    {"origin": None, "distance": None, "temp": None},
]
COLUMNS = {"origin": ["JFK", None], "distance": [7, None], "temp": [1.5, None]}
POSITIONS = [list(row.values()) for row in ROWS]


def read(
    body: object, content_type: str = "application/json", *, encoding: str = "", max_bytes: int = 1000
) -> list[Any]:
    """Return the converted rows of a body; a row that is none remains one."""
    content = (
        body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    )
    headers = [(b"content-type", content_type.encode()), (b"content-encoding", encoding.encode())]
    rows = parse_body(content, read_format(headers), SCHEMA, BodyLimits(max_bytes=max_bytes, max_rows=4))
    return [
        row if isinstance(row, InvalidRow) else SCHEMA.read_row(row, rows.convert, "refuse")
        for row in rows.rows
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_records": ROWS},
        {"dataframe_split": {"columns": list(COLUMNS), "data": POSITIONS}},
        {"dataframe_split": {"columns": list(COLUMNS), "index": [5, 6], "data": POSITIONS}},
        {"instances": ROWS},
        {"instances": POSITIONS},
        {"inputs": ROWS},
        {"inputs": POSITIONS},
        {"inputs": COLUMNS},
        {"instances": COLUMNS, "params": {}},
    ],
)
def test_every_format_of_mlflows_protocol_gives_the_same_rows(body: object) -> None:
    assert read(body) == ROWS
    assert read(gzip.compress(json.dumps(body).encode()), encoding="gzip") == ROWS
    assert read(b"\xef\xbb\xbf" + json.dumps(body).encode()) == ROWS


@pytest.mark.parametrize(
    "content_type",
    [
        "text/csv",
        "text/csv; charset=utf-8",
        "text/csv;header=present",
        'TEXT/CSV; Header="present"; charset=UTF8',
    ],
)
def test_csv_cells_are_converted_to_field_types_and_empty_ones_to_null(content_type: str) -> None:
    text = "origin,distance,temp\nJFK,7,1.5\n,,\n"
    assert read(text, content_type) == ROWS
    assert read("\ufeff" + text, content_type) == ROWS
    assert read(text.replace("\n", "\r\n"), content_type) == ROWS
    assert read('"temp","origin","distance"\n1.5,"JFK","7"\n"",,""\n', content_type) == ROWS


def test_csv_without_a_header_is_read_in_the_order_of_the_fields() -> None:
    assert read("JFK,7,1.5\n,,\n", "text/csv; header=absent") == ROWS
    short, _ = read("JFK,7\nJFK,7,1.5\n", "text/csv; header=absent")
    assert short.reason == "2 cells without names, and the model has 3 fields: origin, distance, temp."


def test_quoted_cells_may_contain_separators_lines_and_quotes() -> None:
    rows = read('origin,distance,temp\n"J,F\nK ""x""",7,1.5\n', "text/csv")
    assert rows == [{"origin": 'J,F\nK "x"', "distance": 7, "temp": 1.5}]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("7", 7), ("+7", 7), ("-7", -7), (" 7 ", 7), ("7.0", 7), ("7.5", 7.5), ("", None)],
)
def test_a_number_of_csv_is_read(cell: str, value: object) -> None:
    assert read(f"distance,origin\n{cell},x\n", "text/csv") == [{"distance": value, "origin": "x"}]


def test_nan_is_a_number_of_csv() -> None:
    assert repr(read("temp\nnan\nNaN\n", "text/csv")) == repr([{"temp": math.nan}] * 2)


@pytest.mark.parametrize(
    "cell", ["1_000", "0x10", "\u0661\u0662", "\uff17", "1,000", "1 000", "seven", "--7", "."]
)
def test_a_cell_of_csv_that_is_no_number_remains_text(cell: str) -> None:
    assert read(f'distance,temp\n"{cell}","{cell}"\n', "text/csv") == [{"distance": cell, "temp": cell}]


@pytest.mark.parametrize("text", ["NaN", '"NaN"'])
def test_nan_is_a_number_of_json_and_null_is_null(text: str) -> None:
    rows = read(f'{{"instances": [{{"temp": {text}, "origin": "NaN"}}, {{"temp": null, "distance": NaN}}]}}')
    assert repr(rows) == repr([{"temp": math.nan, "origin": "NaN"}, {"temp": None, "distance": None}])


def test_whole_floats_of_an_integer_column_come_back_as_integers() -> None:
    rows = read('{"dataframe_records": [{"distance": 7.0, "temp": 1}, {"distance": 7.5, "temp": 2}]}')
    assert rows == [{"distance": 7, "temp": 1}, {"distance": 7.5, "temp": 2}]
    assert type(rows[0]["distance"]) is int


def test_one_row_may_be_given_as_plain_values() -> None:
    assert read({"inputs": ROWS[0]}) == ROWS[:1]


def test_characters_beyond_the_first_plane_may_be_escaped_as_pairs() -> None:
    assert read('{"inputs": {"origin": "\\ud83d\\ude00"}}') == [{"origin": "\U0001f600"}]
    assert read('{"inputs": {"origin": "\\\\ud83d"}}') == [{"origin": "\\ud83d"}]


@pytest.mark.parametrize(
    "text",
    [
        "\\ud83d",
        "\\ude00",
        "\\ude00\\ud83d",
        "\\uD83D\\ud83d\\ude00",
        "\\ud83d\\ude00\\uDE00",
        "\\ud83d \\ude00",
    ],
)
def test_half_a_pair_is_no_character(text: str) -> None:
    with pytest.raises(RequestError, match="half of a surrogate pair"):
        read(f'{{"inputs": {{"origin": "{text}"}}}}')


@pytest.mark.parametrize("field", ["origin", "distance", "temp"])
def test_only_the_fields_of_the_model_are_read(field: str) -> None:
    convert = parse_body(b'{"inputs": []}', BodyFormat(), SCHEMA, BodyLimits()).convert
    row = {**ROWS[0], "id": 5}
    assert SCHEMA.read_row(row, convert, "ignore") == SCHEMA.read_row(row, convert, "pass") == ROWS[0]
    assert SCHEMA.read_row(row, convert, "refuse") == row
    # The scorer names the field that is missing, and what may be meant by it.
    del row[field]
    assert SCHEMA.read_row(row, convert, "ignore") == row


def test_parquet_is_read_with_its_nulls_and_nan() -> None:
    import pyarrow as pa

    nan = float("nan")
    table = pa.table(
        {
            "origin": pa.array(["JFK", None, "JFK"]),
            "distance": pa.array([7, None, 2**40], pa.int64()),
            "temp": pa.array([1.5, None, nan]),
        }
    )
    rows = read(to_parquet(table), "application/vnd.apache.parquet")
    assert rows[:2] == ROWS
    assert rows[2]["temp"] != rows[2]["temp"]
    compressed = gzip.compress(to_parquet(table.slice(0, 1)))
    small = read(compressed, "application/vnd.apache.parquet", encoding="gzip", max_bytes=10_000)
    assert small == ROWS[:1]


def test_a_small_parquet_file_may_not_contain_very_much() -> None:
    import pyarrow as pa

    many_rows = pa.table({"distance": pa.array([0] * 5)})
    many_values = pa.table({"temp": pa.array([[0.0] * 3000])})
    long_text = pa.table({"origin": pa.array(["x" * 5000] * 4), "distance": [1] * 4})
    for table, message in (
        (many_rows, "5 rows; send at most 4"),
        (many_values, "3000 values in"),
        (long_text, "texts of the Parquet file have 20000 bytes; send at most 16000"),
    ):
        with pytest.raises(RequestError, match=message) as raised:
            read(to_parquet(table), "application/vnd.apache.parquet")
        assert raised.value.status == 413


def test_parquet_without_pyarrow_is_415_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(RequestError, match="pip install pyarrow") as raised:
        read(b"PAR1", "application/vnd.apache.parquet")
    assert raised.value.status == 415


def to_parquet(table: Any) -> bytes:
    import pyarrow as pa
    from pyarrow.parquet import write_table

    sink = pa.BufferOutputStream()
    write_table(table, sink)
    return bytes(sink.getvalue().to_pybytes())


def receive_all(*messages: Mapping[str, Any], declared: BodyFormat | None = None) -> bytes:
    """Return the body of messages of ASGI; after them nothing arrives."""
    waiting = list(messages)

    async def receive() -> Any:
        if not waiting:
            await asyncio.sleep(60)
        return waiting.pop(0)

    limits = BodyLimits(max_bytes=10, timeout=0.05)
    return asyncio.run(receive_body(receive, declared or BodyFormat(), limits))


def part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_may_arrive_in_parts() -> None:
    assert receive_all(part(b"ab", more=True), part(b"", more=True), part(b"cd", more=False)) == b"abcd"


def test_a_body_that_does_not_arrive_is_408() -> None:
    with pytest.raises(RequestError, match=r"did not arrive in 0\.05 s") as raised:
        receive_all(part(b"ab", more=True))
    assert raised.value.status == 408


def test_a_body_that_is_declared_too_large_is_not_read() -> None:
    with pytest.raises(RequestError, match="larger than 10 bytes") as raised:
        receive_all(declared=BodyFormat(length=11))
    assert raised.value.status == 413
    with pytest.raises(RequestError, match="larger than 10 bytes"):
        receive_all(part(b"a" * 6, more=True), part(b"a" * 6, more=True))


def test_a_client_that_leaves_is_no_invalid_request() -> None:
    with pytest.raises(ClientDisconnected):
        receive_all(part(b"ab", more=True), {"type": "http.disconnect"})


def refuse_literal(literal: str) -> None:
    raise ValueError(literal)


def test_an_answer_has_literals_or_words_for_nan_and_infinities() -> None:
    answers = Answers(predictions=[{"prediction": math.inf, "probability": [math.nan, 0.5], "n": None}])
    assert format_answers(answers) == (
        b'{"predictions":[{"prediction":Infinity,"probability":[NaN,0.5],"n":null}]}'
    )
    strict = json.loads(format_answers(answers, strict=True), parse_constant=refuse_literal)
    assert strict["predictions"] == [{"prediction": "Infinity", "probability": ["NaN", 0.5], "n": None}]


def test_an_answer_lists_rows_without_one() -> None:
    answers = Answers(
        predictions=[{"prediction": 1.0, "probability": [0.5]}, {"prediction": None}],
        rejected={1: "`origin` unseen"},
        errors={2: RowProblem("too far", "distance"), 3: RowProblem("no row")},
    )
    assert json.loads(format_answers(answers)) == {
        "predictions": [{"prediction": 1.0, "probability": [0.5]}, {"prediction": None}],
        "rejected": [{"row": 1, "reason": "`origin` unseen"}],
        "errors": [{"row": 2, "field": "distance", "reason": "too far"}, {"row": 3, "reason": "no row"}],
    }
    assert set(json.loads(format_answers(Answers()))) == {"predictions"}


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1000, 1501])
def test_an_answer_of_any_size_is_one_list(count: int) -> None:
    answers = Answers(predictions=[{"prediction": index} for index in range(count)])
    assert json.loads(format_answers(answers)) == {"predictions": answers.predictions}
