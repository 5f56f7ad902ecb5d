"""DataFrames of pandas and polars, Arrow tables and sparse vectors are scored as rows are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from math import nan
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sparkops.errors import ModelError, RowError
from sparkops.scoring import Description, Field, Output, Scorer, Step
from sparkops.scoring.batch.pandas_columns import to_column

pandas = pytest.importorskip("pandas")

ROWS: list[dict[str, Any]] = [
    {"x": 1.5, "n": 3, "s": "a", "b": True, "d": date(2024, 2, 29), "t": datetime(2024, 2, 29, 12, 30)},
    {"x": None, "n": None, "s": None, "b": None, "d": None, "t": None},
    {"x": nan, "n": -1, "s": "", "b": False, "d": date(1969, 12, 31), "t": datetime(1900, 1, 1)},
]
TYPES = {"x": "double", "n": "long", "s": "string", "b": "boolean", "d": "date", "t": "timestamp"}


def identity(
    types: dict[str, str], *, zone: str | None = "America/New_York", size: int | None = None
) -> Scorer:
    """Return a model that returns its fields unchanged."""
    fields = tuple(
        Field(name, type_, size=size if type_ == "vector" else None, zone=zone)
        for name, type_ in types.items()
    )
    steps = tuple(
        Step(
            "select",
            "SQLTransformer",
            (name,),
            (f"o_{name}",),
            {"nodes": [{"op": "column", "type": type_, "value": name}]},
        )
        for name, type_ in types.items()
    )
    outputs = tuple(
        Output(name, type_, f"o_{name}", "column", size if type_ == "vector" else None)
        for name, type_ in types.items()
    )
    return Scorer(Description(fields, (), steps, outputs))


def scored(data: Any, **options: Any) -> str:
    return repr(identity(TYPES).score_batch(data, **options).rows())


class FakePolars:
    """A DataFrame that, as those of polars, has columns but no rows, and exports Arrow data with views of text."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        table = pa.Table.from_pylist(rows)
        views = table.schema.get_field_index("s")
        self._table = table.set_column(views, "s", table.column("s").cast(pa.string_view()))
        self.columns = self._table.column_names

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._table.__arrow_c_stream__(requested_schema)


class FakeSeries:
    """A column that, as a Series of polars, exports Arrow data."""

    def __init__(self, values: list[Any], type_: pa.DataType | None = None) -> None:
        self._values = pa.chunked_array([pa.array(values, type_)])

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._values.__arrow_c_stream__(requested_schema)


class LazyFrame:
    """A query of polars."""

    columns = ("x",)


FORMS = {
    "columns": lambda: {name: [row[name] for row in ROWS] for name in TYPES},
    "a table of Arrow": lambda: pa.Table.from_pylist(ROWS),
    "a chunked table": lambda: pa.concat_tables([pa.Table.from_pylist([row], pa.Table.from_pylist(ROWS).schema) for row in ROWS]),
    "a record batch": lambda: pa.RecordBatch.from_pylist(ROWS),
    "a reader of batches": lambda: pa.Table.from_pylist(ROWS).to_reader(),
    "a DataFrame of polars": lambda: FakePolars(ROWS),
    "columns of polars": lambda: {name: FakeSeries([row[name] for row in ROWS]) for name in TYPES},
    "columns of Arrow": lambda: {name: pa.array([row[name] for row in ROWS]) for name in TYPES},
    "a DataFrame of pandas with types of Arrow": lambda: pandas.DataFrame(
        {
            name: pandas.Series(pandas.arrays.ArrowExtensionArray(column))
            for name, column in zip(TYPES, pa.Table.from_pylist(ROWS).columns, strict=True)
        }
    ),
    "a DataFrame of objects": lambda: pandas.DataFrame(
        {name: pandas.Series([row[name] for row in ROWS], dtype=object) for name in TYPES}
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_cells_of_the_rows(form: str) -> None:
    assert scored(FORMS[form]()) == repr(ROWS) == scored(ROWS)


def test_nan_of_a_pandas_column_of_floats_is_nan_unless_it_means_null() -> None:
    frame = pandas.DataFrame(ROWS)
    assert frame["x"].dtype == np.float64
    assert scored(frame) == repr([ROWS[0], {**ROWS[1], "x": nan}, ROWS[2]])
    assert scored(frame, nan="null") == repr([ROWS[0], ROWS[1], {**ROWS[2], "x": None}])


@pytest.mark.parametrize(
    ("values", "type_", "expected"),
    [
        ([1.0, nan], "long", [1, None]),
        (["a", nan, None, pandas.NA], "string", ["a", None, None, None]),
        ([1.0, nan, None, pandas.NA], "double", [1.0, nan, None, None]),
        (pandas.Series([1.0, None], dtype="Float64"), "double", [1.0, None]),
        (pandas.Series([1, None], dtype="Int8"), "byte", [1, None]),
        (pandas.Series([True, None], dtype="boolean"), "boolean", [True, None]),
        (pandas.Series(["a", None, "a"], dtype="category"), "string", ["a", None, "a"]),
        (pandas.Series(["a", None], dtype="string"), "string", ["a", None]),
        (pandas.to_datetime(pandas.Series(["2024-01-01", None])), "timestamp", [datetime(2024, 1, 1), None]),
        (pandas.to_datetime(pandas.Series(["2024-01-01", None])), "date", [date(2024, 1, 1), None]),
        ([Decimal("1.50"), None], "decimal(4,2)", [1.5, None]),
        ([np.float32(0.5), np.int16(2)], "double", [0.5, 2.0]),
        ([[1.0, nan], None], "array<double>", [[1.0, nan], None]),
    ],
    ids=str,
)
def test_pandas_columns_of_every_type_are_read(values: Any, type_: str, expected: list[Any]) -> None:
    series = values if isinstance(values, pandas.Series) else pandas.Series(values, dtype=object)
    batch = identity({"x": type_}).score_batch(pandas.DataFrame({"x": series}))
    assert repr(batch.cells("x")) == repr(expected)


def test_integers_and_booleans_are_unchanged() -> None:
    for array in (np.array([1, 2]), np.array([True, False])):
        assert to_column(array, "long") is array


MOMENTS = [datetime(2024, 7, 1, 4, 0, tzinfo=UTC), None]
WITH_ZONE = {
    "rows": lambda: [{"t": moment} for moment in MOMENTS],
    "text": lambda: [{"t": "2024-07-01T04:00:00Z"}, {"t": None}],
    "text with an offset": lambda: [{"t": "2024-07-01T06:00:00+02:00"}, {"t": None}],
    "pandas": lambda: pandas.DataFrame({"t": pandas.to_datetime(pandas.Series(MOMENTS), utc=True)}),
    "Arrow": lambda: pa.table({"t": pa.array(MOMENTS, pa.timestamp("ns", "Asia/Tokyo"))}),
    "a Series of polars": lambda: {"t": FakeSeries(MOMENTS, pa.timestamp("ns", "Asia/Tokyo"))},
}


@pytest.mark.parametrize("form", WITH_ZONE)
def test_a_time_with_a_zone_is_converted_to_the_zone_of_the_model(form: str) -> None:
    data = WITH_ZONE[form]()
    assert identity({"t": "timestamp"}).score_batch(data).cells("t") == [datetime(2024, 7, 1, 0, 0), None]
    assert identity({"t": "date"}).score_batch(data).cells("t") == [date(2024, 7, 1), None]
    with pytest.raises(RowError, match="does not know the one of its training; give the local time"):
        identity({"t": "timestamp"}, zone=None).score_batch(data)


def test_times_of_nanoseconds_are_times_in_numpy_and_arrow() -> None:
    nanoseconds = np.array(["2024-01-01T01:02:03", "NaT"], dtype="datetime64[ns]")
    expected = [datetime(2024, 1, 1, 1, 2, 3), None]
    scorer = identity({"t": "timestamp"})
    assert scorer.score_batch({"t": nanoseconds}).cells("t") == expected
    assert scorer.score_batch(pa.table({"t": pa.array(nanoseconds)})).cells("t") == expected
    assert scorer.score({"t": pandas.Timestamp("2024-01-01T01:02:03")})["t"] == expected[0]
    assert scorer.score({"t": pandas.NaT})["t"] is None


@pytest.mark.parametrize("size", [4, 2000])
def test_sparse_vectors_are_read(size: int) -> None:
    from pyspark.ml.linalg import Vectors

    expected = [0.0, 2.5, *[0.0] * (size - 2)]
    scorer = identity({"v": "vector"}, size=size)
    struct = {"type": 0, "size": size, "indices": [1], "values": [2.5]}
    for vector in (Vectors.sparse(size, [1], [2.5]), Vectors.dense(expected), struct, np.array(expected)):
        assert scorer.score({"v": vector}) == {"v": expected}
        assert scorer.score_batch([{"v": vector}, {"v": None}]).cells("v") == [expected, None]
    with pytest.raises(RowError, match=f"takes a vector of {size} numbers"):
        scorer.score({"v": Vectors.sparse(size + 1, [1], [2.5])})


@pytest.mark.parametrize("size", [4, 2000])
def test_a_sparse_matrix_of_scipy_is_a_column_of_vectors(size: int) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_matrix(([2.5, 1.0], ([0, 2], [1, 0])), shape=(3, size))
    scorer = identity({"v": "vector"}, size=size)
    assert scorer.score_batch({"v": matrix}).columns["v"].tolist() == matrix.toarray().tolist()
    with pytest.raises(RowError, match=r"Row 0: .*vector"):
        scorer.score_batch({"v": matrix[:, :3]})


def test_lists_in_arrow_keep_their_nulls() -> None:
    lists = pa.table({"x": pa.array([[1.0, None, nan], None, []]), "n": pa.array([[1, None], [], None])})
    batch = identity({"x": "array<double>", "n": "array<long>"}).score_batch(lists)
    assert repr(batch.cells("x")) == repr([[1.0, None, nan], None, []])
    assert batch.cells("n") == [[1, None], [], None]


@pytest.mark.parametrize(
    ("values", "type_", "expected"),
    [
        (FakeSeries([[1.0, None], None, []]), "array<double>", [[1.0, None], None, []]),
        (FakeSeries([[1.0, 2.0], None]), "vector", [[1.0, 2.0], None]),
        (FakeSeries([[1, 2]], pa.list_(pa.int64(), 2)), "vector", [[1.0, 2.0]]),
        (FakeSeries(["a", None], pa.string_view()), "string", ["a", None]),
        (FakeSeries([Decimal("1.50"), None]), "decimal(4,2)", [1.5, None]),
        (pandas.Series([1.0, nan], dtype=object), "double", [1.0, nan]),
    ],
    ids=["lists", "vectors", "vectors of one length", "text", "decimals", "a Series of pandas"],
)
def test_a_column_of_another_library_is_read_by_its_arrow_data(
    values: Any, type_: str, expected: list[Any]
) -> None:
    batch = identity({"x": type_}, size=2).score_batch({"x": values})
    assert repr(batch.cells("x")) == repr(expected)


def test_unknown_columns_are_refused_or_ignored_in_every_form() -> None:
    frame = pandas.DataFrame({"x": [1.0], "more": ["?"]})
    scorer = identity({"x": "double"})
    for data in (frame, pa.Table.from_pandas(frame)):
        with pytest.raises(RowError, match="`more` is not known"):
            scorer.score_batch(data)
        assert scorer.score_batch(data, extra="ignore").cells("x") == [1.0]


def test_anything_else_is_refused_by_what_is_accepted() -> None:
    with pytest.raises(ModelError, match=r"a list of rows, .* not a set"):
        identity({"x": "double"}).score_batch({1.0})
    with pytest.raises(ModelError, match=r"pass its DataFrame, `frame\.collect\(\)`"):
        identity({"x": "double"}).score_batch(LazyFrame())
    with pytest.raises(ModelError, match=r"cannot read this FakeSeries as a table .* A batch is a DataFrame"):
        identity({"x": "double"}).score_batch(FakeSeries([1.0]))


class Unreadable:
    """A column of a type that pyarrow does not have, such as polars' Int128."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        raise pa.ArrowInvalid("unsupported format string")


def test_a_type_that_arrow_does_not_have_is_refused_by_its_column() -> None:
    with pytest.raises(ModelError, match=r"the column `x`, a Unreadable \(unsupported format string\): cast"):
        identity({"x": "double"}).score_batch({"x": Unreadable()})


NESTED = [{"s": {"a": 1.5, "t": {"b": "x"}}}, {"s": None}, {"s": {"a": nan, "t": None, "c": 3}}]
OF_STRUCTS = {
    "nested rows": lambda: NESTED,
    "flat rows": lambda: [
        {"s.a": 1.5, "s.t.b": "x"},
        {"s.a": None, "s.t.b": None},
        {"s.a": nan, "s.t.b": None},
    ],
    "columns": lambda: {"s": [row["s"] for row in NESTED]},
    "pandas": lambda: pandas.DataFrame(NESTED),
    "Arrow": lambda: pa.Table.from_pylist(NESTED),
}


@pytest.mark.parametrize("form", OF_STRUCTS)
def test_a_field_of_a_struct_is_read_by_its_path(form: str) -> None:
    scorer = identity({"s.a": "double", "s.t.b": "string"})
    batch = scorer.score_batch(OF_STRUCTS[form]())
    assert repr(batch.cells("s.a")) == repr([1.5, None, nan])
    assert batch.cells("s.t.b") == ["x", None, None]
    if isinstance(OF_STRUCTS[form](), list):
        assert repr([scorer.score(row) for row in OF_STRUCTS[form]()]) == repr(batch.rows())


def test_a_struct_without_the_field_is_refused_by_its_path() -> None:
    scorer = identity({"s.a": "double"})
    with pytest.raises(RowError, match="Field `s` is not a struct with the field `a`"):
        scorer.score({"s": {"b": 1.0}})
    with pytest.raises(RowError, match="Row 1: Field `s` is not a struct with the field `a`"):
        scorer.score_batch([{"s": {"a": 1.0}}, {"s": 3}])
    with pytest.raises(RowError, match="Column `s` has no field `a`"):
        scorer.score_batch(pa.table({"s": [{"b": 1}]}))
    with pytest.raises(RowError, match=r"`s\.a` is missing"):
        scorer.score({"a": 1.0})
