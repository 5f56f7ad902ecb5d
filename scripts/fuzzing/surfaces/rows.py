"""Rows and batches for golden models: values of Python, bodies in JSON, CSV and Parquet, and Arrow."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from fuzzing.folders import GOLDEN, ROOT
from fuzzing.mutations import mutate_bytes, mutate_json
from fuzzing.surface import ACCEPTED, Case, RunCase, Surface, describe_refusal
from fuzzing.surfaces.model_folders import read_golden_rows
from sparkops.errors import SparkopsError
from sparkops.scoring import Scorer, describe
from sparkops.scoring.arrow_scorer import score_arrow_batch
from sparkops.scoring.artifact.certificate import dump_cases, read_cases
from sparkops.serving.output_choices import OutputChoices
from sparkops.serving.request_body import BodyFormat, BodyLimits, parse_body
from sparkops.serving.request_options import RequestOptions

_FOLDERS = [folder.relative_to(ROOT).as_posix() for folder in sorted(GOLDEN.glob("v*/artifacts/*"))]
_KINDS = ("row", "explain", "columns", "records", "json", "csv", "arrow", "parquet")
_FORMS = ("instances", "inputs", "dataframe_records", "dataframe_split")
_ARROW_TYPES = ("int8", "int64", "uint64", "float16", "float32", "float64", "string", "large_string", "binary", "bool", "date32",
                "timestamp[us]", "timestamp[ns, tz=UTC]", "null", "decimal128(38, 9)", "duration[s]", "time64[us]", "dictionary")  # fmt: skip
_MAX_ROWS = 6
# pyarrow takes 1.2 GiB to build a batch of values that are nested 900 deep.
_MAX_BRACKETS = 200


def draw_case(draw: Random) -> Case:
    """Return rows of a golden model with hostile values, fields and encodings."""
    name = draw.choice(_FOLDERS)
    kind = draw.choice(_KINDS)
    rows = draw.sample(_read_rows(name), k=min(draw.randint(1, _MAX_ROWS), len(_read_rows(name))))
    # Dates and vectors have a form in JSON of their own, that of certificates.
    values: Any = [json.loads(line)["row"] for line in dump_cases([(row, {}) for row in rows]).splitlines()]
    for _ in range(draw.choice((0, 1, 1, 2, 5))):
        mutate_json(values, draw)
    case: Case = {"folder": name, "kind": kind, "rows": values}
    if kind in ("json", "csv", "parquet"):
        case["body"] = _draw_body(kind, values, draw).hex()
    if kind == "arrow":
        case["types"] = [draw.choice(_ARROW_TYPES) if draw.random() < 0.3 else "" for _ in range(20)]
    return case


@lru_cache(maxsize=128)
def _read_rows(folder: str) -> list[dict[str, Any]]:
    return read_golden_rows(ROOT / folder)


def _draw_body(kind: str, values: Any, draw: Random) -> bytes:
    """Return the body of a request with these rows, half the time damaged."""
    rows = [row for row in values if isinstance(row, dict)] if isinstance(values, list) else []
    if kind == "json":
        body = json.dumps(
            {draw.choice(_FORMS): draw.choice((values, _to_split(rows), _to_columns(rows)))}
        ).encode()
    elif kind == "csv":
        lines = [list(rows[0]) if rows else ["x"], *(list(row.values()) for row in rows)]
        body = "\n".join(",".join(_quote(cell, draw) for cell in line) for line in lines).encode(
            "utf-8", "surrogatepass"
        )
    else:
        body = _to_parquet(rows)
    return mutate_bytes(body, draw) if draw.random() < 0.5 else body


def _quote(cell: Any, draw: Random) -> str:
    text = "" if cell is None else str(cell)
    return '"' + text.replace('"', '""') + '"' if draw.random() < 0.8 else text


def _to_split(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"columns": list(rows[0]) if rows else [], "data": [list(row.values()) for row in rows]}


def _to_columns(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {str(name): [row.get(name) for row in rows] for name in (rows[0] if rows else ())}


def _to_parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = io.BytesIO()
    try:
        table = pa.Table.from_pylist(rows)
        parquet.write_table(table, sink)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return b"PAR1" + bytes(16) + b"PAR1"
    return sink.getvalue()


@contextmanager
def prepare(folder: Path) -> Iterator[RunCase]:
    """Yield the function that scores the rows of a case."""
    del folder
    # The first array of Python values makes pyarrow import pandas, where that is installed.
    pa.array([0])

    @lru_cache(maxsize=128)
    def open_scorer(name: str) -> tuple[Scorer, OutputChoices]:
        scorer = Scorer(describe(ROOT / name), raw=True, rules="warn")
        return scorer, OutputChoices(scorer)

    def run_case(case: Case, folder: Path) -> str:
        del folder
        scorer, choices = open_scorer(case["folder"])
        try:
            _score(case, scorer, choices)
        except SparkopsError as error:
            return describe_refusal(error)
        return ACCEPTED

    yield run_case


def _score(case: Case, scorer: Scorer, choices: OutputChoices) -> None:
    kind = case["kind"]
    if kind in ("json", "csv", "parquet"):
        mime = {"json": "application/json", "csv": "text/csv", "parquet": "application/vnd.apache.parquet"}[
            kind
        ]
        chosen = choices.find(())
        request = parse_body(bytes.fromhex(case["body"]), BodyFormat(mime=mime), chosen.schema, BodyLimits())
        chosen.score(request, RequestOptions(on_error="null"))
        chosen.score(request, RequestOptions())
        return
    rows = _read_values(case["rows"])
    if kind in ("row", "explain"):
        for row in rows:
            scorer.score(row, explain=kind == "explain")
    elif kind == "records":
        scorer.score_batch(rows)
    elif kind == "columns":
        scorer.score_batch(_to_columns([row for row in rows if isinstance(row, dict)]))
    else:
        score_arrow_batch(scorer, _build_arrow(case, rows), None)


def _read_values(values: Any) -> list[Any]:
    """Return rows with dates, times and decimals of Python where a certificate has text for them."""
    if not isinstance(values, list):
        return [values]
    rows = []
    for value in values:
        try:
            rows += [row for row, _ in read_cases(json.dumps({"row": value, "answer": {}}))]
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
            rows.append(value)
    return rows


def _build_arrow(case: Case, rows: list[Any]) -> pa.RecordBatch:
    """Return the rows as a batch of Arrow, with other types of columns where the case says so."""
    columns = _to_columns([row for row in rows if isinstance(row, dict)])
    arrays = {}
    for (name, values), type_ in zip(columns.items(), case["types"], strict=False):
        try:
            array = pa.array(values) if _is_shallow(values) else pa.nulls(len(values))
            if type_ == "dictionary":
                array = array.dictionary_encode()
            elif type_:
                array = array.cast(_parse_arrow_type(type_), safe=False)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            array = pa.nulls(len(values))
        # Names in Arrow are UTF-8.
        arrays[name.encode("utf-8", "replace").decode("utf-8")] = array
    return pa.RecordBatch.from_pydict(arrays) if arrays else pa.RecordBatch.from_pydict({"x": pa.nulls(1)})


def _is_shallow(values: list[Any]) -> bool:
    """Return whether the values are nested so little that pyarrow builds their type in a few MiB."""
    try:
        return max(json.dumps(values, default=str).count(bracket) for bracket in "[{") < _MAX_BRACKETS
    except RecursionError:
        return False


def _parse_arrow_type(text: str) -> pa.DataType:
    known = {
        "timestamp[us]": pa.timestamp("us"),
        "timestamp[ns, tz=UTC]": pa.timestamp("ns", "UTC"),
        "decimal128(38, 9)": pa.decimal128(38, 9),
        "duration[s]": pa.duration("s"),
        "time64[us]": pa.time64("us"),
    }
    return known[text] if text in known else pa.type_for_alias("halffloat" if text == "float16" else text)


SURFACE = Surface("rows", draw_case, prepare)
