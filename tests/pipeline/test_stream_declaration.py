"""What the declaration of a streaming job may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sparkops.errors import DeclarationError, InputError
from sparkops.pipeline.declare import job
from sparkops.pipeline.model import Model
from sparkops.pipeline.parameters.help import format_usage
from sparkops.pipeline.stream import with_interval

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def refused(**messages: Any) -> str:
    with pytest.raises(DeclarationError) as raised:

        @job(**messages)
        def clean(raw: DataFrame, rates: DataFrame) -> DataFrame: ...

    return str(raised.value)


def test_a_stream_names_one_of_the_tables() -> None:
    @job(mode="append", stream="raw", every="10 seconds")
    def clean(raw: DataFrame, rates: DataFrame) -> DataFrame: ...

    assert (clean.stream, clean.every) == ("raw", "10 seconds")
    assert "Reads:  raw (as a stream, every 10 seconds), rates" in format_usage(clean, ())
    assert "stream='rwa' is not one of its tables, did you mean 'raw'?" in refused(
        stream="rwa", mode="append"
    )


def test_a_slice_cannot_be_replaced_by_a_batch() -> None:
    assert "stream= and replace= exclude each other" in refused(stream="raw", replace="day")


@pytest.mark.parametrize("text", ["10", "often", "0 seconds", "10 parsecs", "1 hour; drop"])
def test_an_interval_is_a_number_and_a_unit(text: str) -> None:
    assert f"every={text!r} is not an interval" in refused(stream="raw", mode="append", every=text)


def test_an_interval_needs_a_stream() -> None:
    assert "every= is for a job that reads a stream" in refused(every="10 seconds")


def test_a_model_is_not_trained_on_a_stream() -> None:
    with pytest.raises(DeclarationError, match="stream= is for a job that returns tables"):

        @job(stream="raw")
        def train(raw: DataFrame) -> Model: ...


def test_a_run_may_give_a_stream_another_interval() -> None:
    @job(mode="append", stream="raw")
    def clean(raw: DataFrame) -> DataFrame: ...

    assert with_interval(clean, None) is clean
    assert with_interval(clean, "5 minutes").every == "5 minutes"
    with pytest.raises(InputError, match="`every` is 'often', which is no interval"):
        with_interval(clean, "often")

    @job
    def copy(raw: DataFrame) -> DataFrame: ...

    with pytest.raises(InputError, match=r"`copy` reads none \(.*test_stream_declaration.py:"):
        with_interval(copy, "5 minutes")
