"""What `@job` reads from a function, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import pytest
from pydantic import Field

from sparkops.errors import DeclarationError
from sparkops.pipeline.declare import job
from sparkops.pipeline.job import Job
from sparkops.pipeline.model import Gate, Model, ModelVersion
from sparkops.pipeline.reports.report import Report
from sparkops.pipeline.secret import Secret
from sparkops.pipeline.write import Write

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

THIS_FILE = __file__


class Origin(Enum):
    JFK = "jfk"
    LGA = "lga"


class Both(NamedTuple):
    clean: DataFrame
    dropped: DataFrame


@dataclass
class Pair:
    left: DataFrame
    right: DataFrame


def refused(declare: Callable[[], Any]) -> str:
    with pytest.raises(DeclarationError) as raised:
        declare()
    return str(raised.value)


def test_the_hello_example_declares_tables_parameters_and_one_write():
    @job(writes="daily_delays", replace=("day", "origin"))
    def daily_delays(
        flights: DataFrame,
        weather: DataFrame,
        *,
        day: date,
        origin: Literal["JFK", "LGA", "EWR"] | None = None,
    ) -> DataFrame:
        """Average delay by carrier on one day."""

    assert (daily_delays.name, daily_delays.kind) == ("daily_delays", "table")
    assert daily_delays.tables == ("flights", "weather")
    assert [(p.name, p.required) for p in daily_delays.params] == [("day", True), ("origin", False)]
    assert daily_delays.writes == (Write(table="daily_delays", mode="replace", by=("day", "origin")),)
    assert daily_delays.doc == "Average delay by carrier on one day."


def test_calling_a_job_calls_its_function():
    @job
    def shout(words: DataFrame, *, loud: bool = True) -> DataFrame:
        return (words, loud)

    assert shout("frame", loud=False) == ("frame", False)


def test_models_and_the_session_are_required_by_type_before_the_star():
    @job
    def scores(features: DataFrame, late_arrival: ModelVersion, spark: SparkSession) -> DataFrame: ...

    assert (scores.tables, scores.models, scores.session) == (("features",), ("late_arrival",), "spark")


def test_the_place_of_a_job_and_of_each_parameter_is_its_own_line():
    @job
    def placed(
        flights: DataFrame,
        *,
        day: date,
    ) -> DataFrame: ...

    assert placed.place.file == THIS_FILE
    assert placed.params[0].place.line == placed.place.line + 3


def test_a_train_job_registers_its_name_without_train():
    @job(gates=[Gate(metric="auc", at_least=0.7)])
    def train_late_arrival(features: DataFrame) -> Model: ...

    assert (train_late_arrival.kind, train_late_arrival.registers) == ("model", "late_arrival")
    assert train_late_arrival.writes == ()


def test_a_report_publishes_no_table():
    @job
    def delay_report(flights: DataFrame) -> Report: ...

    assert (delay_report.kind, delay_report.writes, delay_report.registers) == ("report", (), None)


@pytest.mark.parametrize(
    ("returned", "tables"), [("Both", ("clean", "dropped")), ("Pair", ("left", "right"))]
)
def test_several_tables_are_named_by_the_fields(returned, tables):
    def split(raw: DataFrame): ...

    split.__annotations__["return"] = returned
    created = job(split)
    assert created.kind == "tables"
    assert tuple(write.table for write in created.writes) == tables


def test_several_tables_may_each_be_written_in_its_own_way():
    @job(writes=("a", Write(table="b", mode="append")), merge=("id",))
    def split(raw: DataFrame) -> Both: ...

    assert split.writes == (Write(table="a", mode="merge", by=("id",)), Write(table="b", mode="append"))


def test_a_type_declared_inside_a_function_is_found():
    class Size(Enum):
        SMALL = 1

    @job
    def sized(raw: DataFrame, *, size: Size = Size.SMALL) -> DataFrame: ...

    assert sized.params[0].annotation is Size


def test_real_types_and_their_names_declare_the_same_job():
    def function(raw: DataFrame, *, n: Annotated[int, Field(ge=1)] = 2) -> DataFrame: ...

    by_name = job(function)
    frame = type("DataFrame", (), {"__module__": "pyspark.sql.dataframe"})
    function.__annotations__ = {"raw": frame, "n": Annotated[int, Field(ge=1)], "return": frame}
    by_type = job(function)
    assert (by_type.kind, by_type.tables, by_type.params[0].name) == ("table", ("raw",), "n")
    assert by_name.writes == by_type.writes


def test_help_comes_from_the_docstring_and_else_from_the_field():
    @job
    def messages(
        raw: DataFrame,
        *,
        day: Annotated[date, Field(description="from the field")],
        n: Annotated[int, Field(description="not this")] = 1,
    ) -> DataFrame:
        """Tell.

        Args:
            raw: A table.
            n: How many
                of them.
        """

    assert [param.help for param in messages.params] == ["from the field", "How many of them."]


def _bad_inputs() -> list[tuple[Callable[..., Any], str]]:
    def untyped(raw) -> DataFrame: ...
    def before(day: date) -> DataFrame: ...
    def after(*, raw: DataFrame) -> DataFrame: ...
    def only(raw: DataFrame, /) -> DataFrame: ...
    def many(*raw: DataFrame) -> DataFrame: ...
    def named(raw: DataFrame, **options: int) -> DataFrame: ...
    def defaulted(raw: DataFrame = None) -> DataFrame: ...
    def twice(a: SparkSession, b: SparkSession) -> DataFrame: ...

    return [
        (untyped, "`raw` has no annotation: write `raw: DataFrame`"),
        (before, "`day: date` is before the star"),
        (after, "`raw: DataFrame` is after the star"),
        (only, "`raw` is positional-only"),
        (many, "`*raw`: a job names each table"),
        (named, "`**options`: a job names each table"),
        (defaulted, "`raw` is a DataFrame: it cannot have a default"),
        (twice, "the session is already an argument, as `a`"),
    ]


@pytest.mark.parametrize(("function", "message"), _bad_inputs())
def test_an_invalid_argument_is_refused_with_file_and_line(function, message):
    messages = refused(lambda: job(function))
    assert message in messages
    assert f"({THIS_FILE}:{function.__code__.co_firstlineno})" in messages


def _bad_params() -> list[tuple[Callable[..., Any], str]]:  # noqa: C901 - a list of wrong functions
    def untyped(*, n) -> DataFrame: ...
    def mapping(*, n: dict[int, int]) -> DataFrame: ...
    def mixed(*, n: int | list[str]) -> DataFrame: ...
    def unclear(*, n: str | Path) -> DataFrame: ...
    def hidden(*, n: list[Secret]) -> DataFrame: ...
    def nested(*, n: list[list[int]]) -> DataFrame: ...
    def bare(*, n: list) -> DataFrame: ...
    def unknown(*, n: Nowhere) -> DataFrame: ...  # type: ignore[name-defined]  # noqa: F821
    def low(*, n: Annotated[int, Field(ge=1)] = 0) -> DataFrame: ...
    def none(*, n: int = None) -> DataFrame: ...  # noqa: RUF013
    def text(*, n: date = "2013-07-04") -> DataFrame: ...

    return [
        (untyped, "`n` has no annotation: write its type"),
        (mapping, "`dict[int, int]`: the keys of a dict are text"),
        (mixed, "`int | list[str]`: a union consists of single values"),
        (unclear, "`str | Path`: a text does not say which of these types it is"),
        (hidden, "`list[Secret]`: a Secret is a parameter of its own"),
        (nested, "a list of lists"),
        (bare, "`list` is not a type of a parameter"),
        (unknown, "the type `Nowhere` of `n` cannot be found"),
        (low, "the default of `n` is 0 (int): it must be a whole number, at least 1"),
        (none, "the default of `n` is None"),
        (text, "(a text from Python is not parsed: pass date(2013, 7, 4))"),
    ]


@pytest.mark.parametrize(("function", "message"), _bad_params())
def test_a_parameter_of_an_unsupported_type_is_refused(function, message):
    assert message in refused(lambda: job(function))


def test_everything_wrong_is_reported_at_once():
    def wrong(raw, *, n: dict[int, int], m: bytes): ...

    messages = refused(lambda: job(wrong))
    assert messages.count("\n  - ") == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"writes": ("a", "b")}, "names 2 tables and it returns 1 DataFrame"),
        ({"writes": "a b"}, "is not a table's name"),
        ({"replace": "day", "merge": "id"}, "exclude each other"),
        ({"replace": "day", "mode": "append"}, "contradict each other"),
        ({"mode": "replace"}, "needs its columns: write replace='column'"),
        (
            {"mode": "append", "publish_empty": True},
            "with mode='append' a frame without rows removes nothing",
        ),
        ({"writes": "t", "not_filters": "n"}, "not_filters= is for a job that replaces a slice"),
        (
            {"replace": "day", "not_filters": "n"},
            "names 'n', which is not one of its parameters; they are none",
        ),
        ({"mode": "upsert"}, "is not a mode; allowed: overwrite, append, replace, merge"),
        ({"registers": "m"}, "registers= is for a job that returns a Model"),
        ({"gates": [Gate(metric="auc")]}, "gates= is for a job that returns a Model"),
    ],
)
def test_invalid_options_of_a_table_job_are_refused(options, message):
    def frame(raw: DataFrame) -> DataFrame: ...

    assert message in refused(lambda: job(**options)(frame))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"writes": "t"}, "writes= is for a job that returns tables, and it returns a Model"),
        ({"merge": "id"}, "merge= is for a job that returns tables"),
        ({"registers": "a/b"}, "is not a name"),
        ({"gates": [Gate(metric="auc")]}, "compares with nothing"),
    ],
)
def test_invalid_options_of_a_training_job_are_refused(options, message):
    def train(raw: DataFrame) -> Model: ...

    assert message in refused(lambda: job(**options)(train))


def test_two_fields_may_not_be_written_to_one_table():
    def split(raw: DataFrame) -> Both: ...

    assert "it writes `a` twice" in refused(lambda: job(writes=("a", "a"))(split))


@pytest.mark.parametrize("returned", ["int", "None", "dict[str, DataFrame]", "Origin"])
def test_an_unsupported_return_type_is_refused(returned):
    def strange(raw: DataFrame): ...

    strange.__annotations__["return"] = returned
    assert "a job returns DataFrame, a NamedTuple" in refused(lambda: job(strange))


def test_a_job_without_a_return_annotation_is_refused():
    def silent(raw: DataFrame): ...

    assert "it does not say what it returns" in refused(lambda: job(silent))


def test_coroutines_and_classes_are_refused_as_jobs():
    async def later(raw: DataFrame) -> DataFrame: ...

    assert "async" in refused(lambda: job(later))
    assert "not a plain function" in refused(lambda: job(Origin))


def test_a_wrapped_function_is_declared_by_its_inner_function():
    import functools

    def loud(function):
        @functools.wraps(function)
        def inner(*args, **kwargs):
            return ["loud", function(*args, **kwargs)]

        return inner

    @job
    @loud
    def wrapped(raw: DataFrame, *, n: int = 1) -> DataFrame:
        return raw

    assert isinstance(wrapped, Job)
    assert (wrapped.name, wrapped.tables, wrapped("x", n=2)) == ("wrapped", ("raw",), ["loud", "x"])
