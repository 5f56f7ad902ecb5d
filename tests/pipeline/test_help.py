"""--help and JSON Schema come from the declaration alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import jsonschema
import pytest
from pydantic import Field, JsonValue

from sparkops.errors import ParamErrors
from sparkops.pipeline.declare import job
from sparkops.pipeline.model import Model, ModelVersion
from sparkops.pipeline.parameters.bind import ParameterSource, bind
from sparkops.pipeline.parameters.help import describe_parameters, format_usage
from sparkops.pipeline.parameters.json_schema import build_json_schema
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.pipeline.secret import Secret

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Kind(Enum):
    LR = "lr"
    GBT = "gbt"


@job(replace=("origin", "day"))
def delays(
    flights: DataFrame,
    late_arrival: ModelVersion,
    *,
    day: date,
    kind: Kind = Kind.LR,
    origin: Literal["JFK", "LGA"] | None = None,
    max_rows: Annotated[int, Field(ge=1, le=50)] = 10,
    carriers: list[Annotated[str, Field(min_length=2)]] = ["AA", "UA"],  # noqa: B006
) -> DataFrame:
    """Average delay on one day.

    Counted by carrier.

    Args:
        day: The day of departure.
        max_rows: How many rows.

    Returns:
        One row a carrier.
    """


@job
def train_late(features: DataFrame) -> Model: ...


def test_the_help_of_a_parameter_has_type_constraints_default_and_description():
    rows = {row.name: row for row in describe_parameters(delays)}
    assert (rows["day"].option, rows["day"].type, rows["day"].required) == ("--day", "YYYY-MM-DD", True)
    assert rows["day"].text == "The day of departure. [required]"
    assert (rows["kind"].type, rows["kind"].default) == ("lr|gbt", "lr")
    assert (rows["origin"].type, rows["origin"].default) == ("JFK|LGA", "none")
    assert rows["max_rows"].text == "How many rows. [at least 1, at most 50; default: 10]"
    assert (rows["carriers"].type, rows["carriers"].default) == ("TEXT,...", '["AA", "UA"]')


def test_usage_shows_the_docstring_inputs_and_outputs():
    text = format_usage(delays, describe_parameters(delays))
    assert text.startswith(
        "Usage: sparkops run delays --day YYYY-MM-DD [OPTIONS]\n\nAverage delay on one day.\n\nCounted by"
    )
    assert "Reads:  flights, late_arrival (model)" in text
    assert "Writes: delays (replace by origin, day)" in text
    assert "Returns:" in text
    assert "Args:" not in text


def test_a_value_set_in_conf_is_not_required_and_its_line_is_shown():
    rows = describe_parameters(delays, {"day": "conf/base/params.yml:3"})
    assert rows[0].text == "The day of departure. [set in conf/base/params.yml:3]"
    assert format_usage(delays, rows).startswith("Usage: sparkops run delays [OPTIONS]\n")


def test_a_job_without_parameters_has_a_short_usage():
    assert format_usage(train_late, ()).startswith(
        "Usage: sparkops run train_late [OPTIONS]\n\nReads:  features\nWrites: late (model)"
    )


def test_the_schema_describes_every_parameter():
    schema = build_json_schema(delays)
    assert (schema["required"], schema["additionalProperties"]) == (["day"], False)
    assert schema["description"] == "Average delay on one day."
    properties = schema["properties"]
    assert properties["day"] == {"type": "string", "format": "date", "description": "The day of departure."}
    assert properties["kind"] == {"enum": ["lr", "gbt"], "default": "lr"}
    assert properties["origin"] == {"anyOf": [{"enum": ["JFK", "LGA"]}, {"type": "null"}], "default": None}
    assert properties["max_rows"]["minimum"] == 1
    assert properties["carriers"]["items"] == {"type": "string", "minLength": 2}
    assert properties["carriers"]["default"] == ["AA", "UA"]


@job
def wide(
    raw: DataFrame,
    *,
    flag: bool = True,
    ratio: Annotated[float, Field(gt=0, lt=1)] = 0.5,
    code: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = "JFK",
    choice: Literal["a", 1, True] = 1,
    kinds: Annotated[list[Kind], Field(min_length=1)] = [Kind.GBT],  # noqa: B006
    moment: datetime | None = datetime(2013, 7, 4, tzinfo=UTC),
    steps: Annotated[tuple[int, ...], Field(max_length=3)] = (5, 10),
    price: Decimal = Decimal("1.10"),
    wait: timedelta | None = timedelta(minutes=90),
    file: Path = Path("x"),
    names: set[str] = {"b", "a"},  # noqa: B006
    pair: tuple[int, str] = (1, "x"),
    rates: Annotated[dict[str, float], Field(max_length=2)] = {"a": 1.0},  # noqa: B006
    free: JsonValue = None,
    number: int | str | None = "12",
) -> DataFrame: ...


@job
def hidden(raw: DataFrame, *, token: Secret, other: Secret = Secret("hunter2")) -> DataFrame: ...  # noqa: B008


def test_a_secret_is_in_no_schema_or_help():
    schema = build_json_schema(hidden)
    text = {"type": "string", "format": "password", "writeOnly": True}
    assert schema["properties"] == {"token": text, "other": text}
    assert schema["required"] == ["token"]
    assert "hunter2" not in str(schema) + str(describe_parameters(hidden)) + format_usage(
        hidden, describe_parameters(hidden)
    )


def test_the_schema_is_valid_and_accepts_the_defaults():
    schema = build_json_schema(wide)
    checker = jsonschema.Draft202012Validator
    checker.check_schema(schema)
    checker(schema).validate({name: part["default"] for name, part in schema["properties"].items()})


@pytest.mark.parametrize(
    "wrong",
    [
        {"flag": 1},
        {"ratio": 1},
        {"code": "jfk"},
        {"choice": "b"},
        {"kinds": []},
        {"steps": [1, 2, 3, 4]},
        {"more": 1},
        {"price": 1.1},
        {"file": ""},
        {"pair": [1]},
        {"pair": [1, 2]},
        {"rates": {"a": "x"}},
        {"rates": {"a": 1, "b": 2, "c": 3}},
        {"number": 1.5},
    ],
)
def test_bind_refuses_what_the_schema_refuses(wrong):
    assert not jsonschema.Draft202012Validator(build_json_schema(wide)).is_valid(wrong)
    with pytest.raises(ParamErrors):
        bind(wide, [ParameterSource(values=wrong, origin="request", form=ValueForm.JSON)])
