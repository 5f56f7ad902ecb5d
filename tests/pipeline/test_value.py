"""The one rule of text to value, at every type."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NewType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, Field, JsonValue, PositiveInt, StringConstraints

from sparkops.core.place import Place, YamlScalar
from sparkops.errors import InputError
from sparkops.pipeline.param import REQUIRED, Param
from sparkops.pipeline.parameters.value import parse, parse_default, to_json, to_request_json, to_text
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.pipeline.secret import Secret


class Kind(Enum):
    LR = "lr"
    GBT = "gbt"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Colour(StrEnum):
    RED = "red"
    NONE = "none"


class Odd(Enum):
    POINT = (1, 2)
    LINE = 3


def param(annotation: Any) -> Param:
    return Param("p", annotation, REQUIRED, "", Place("jobs/x.py", 3))


def refused(annotation: Any, raw: Any) -> str:
    with pytest.raises(InputError) as raised:
        parse(param(annotation), raw)
    return str(raised.value)


_TEXT = st.text(max_size=12)
_DATES = st.dates()
_TIMES = st.datetimes() | st.datetimes(
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5, minutes=-30))])
)
_INTS = st.integers(min_value=-(10**30), max_value=10**30)
_FLOATS = st.floats(allow_nan=False, allow_infinity=False)
_DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)
_PATHS = st.text(alphabet='ab/.~ null"1', min_size=1, max_size=9).filter(str.strip).map(Path)
_WORDS = st.sampled_from(["12", "true", "null", "None", "", "1.5", "2013-07-04", '"', '"12"', "1h", " 7 "])
_JSON = st.recursive(
    st.none() | st.booleans() | _INTS | _FLOATS | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)
VALUES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (bool, st.booleans()),
    (int, _INTS),
    (float, _FLOATS),
    (str, _TEXT),
    (date, _DATES),
    (datetime, _TIMES),
    (Kind, st.sampled_from(Kind)),
    (Level, st.sampled_from(Level)),
    (Odd, st.sampled_from(Odd)),
    (Literal["a", 1, True], st.sampled_from(["a", 1, True])),
    (Literal["none", "", 0] | None, st.sampled_from(["none", "", 0, None])),
    (Colour | None, st.none() | st.sampled_from(Colour)),
    (str | None, st.none() | _TEXT | st.sampled_from(["", "null", "None", '"', '""', '"null"'])),
    (int | None, st.none() | _INTS),
    (date | None, st.none() | _DATES),
    (list[str], st.lists(_TEXT, max_size=4)),
    (list[str | None], st.lists(st.none() | _TEXT | st.just("null"), max_size=4)),
    (list[float], st.lists(_FLOATS, max_size=4)),
    (list[date], st.lists(_DATES, max_size=4)),
    (list[Kind] | None, st.none() | st.lists(st.sampled_from(Kind), max_size=4)),
    (tuple[int, ...], st.lists(_INTS, max_size=4).map(tuple)),
    (Annotated[int, Field(ge=1, le=50)], st.integers(1, 50)),
    (list[Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]], st.just(["JFK", "LGA"])),
    (Decimal, _DECIMALS),
    (Decimal | None, st.none() | _DECIMALS),
    (timedelta, st.timedeltas()),
    (timedelta | None, st.none() | st.timedeltas()),
    (Path, _PATHS),
    (Path | None, st.none() | _PATHS | st.just(Path("null"))),
    (set[str], st.sets(_TEXT, max_size=4)),
    (frozenset[int], st.frozensets(_INTS, max_size=4)),
    (set[date] | None, st.none() | st.sets(_DATES, max_size=4)),
    (tuple[int, str], st.tuples(_INTS, _TEXT)),
    (tuple[date, float | None] | None, st.none() | st.tuples(_DATES, st.none() | _FLOATS)),
    (dict[str, int], st.dictionaries(_TEXT, _INTS, max_size=4)),
    (dict[str, list[Decimal]], st.dictionaries(_TEXT, st.lists(_DECIMALS, max_size=3), max_size=3)),
    (dict[str, str | None], st.dictionaries(_TEXT, st.none() | _TEXT | st.just("null"), max_size=4)),
    (dict[str, Any], st.dictionaries(_TEXT, _JSON, max_size=4)),
    (list[dict[str, JsonValue]], st.lists(st.dictionaries(_TEXT, _JSON, max_size=2), max_size=2)),
    (JsonValue, _JSON),
    (int | str, _INTS | _TEXT | _WORDS),
    (bool | int | float | str, st.booleans() | _INTS | _FLOATS | _TEXT | _WORDS),
    (date | str | None, st.none() | _DATES | _TEXT | _WORDS),
    (datetime | int, _TIMES | _INTS),
    (date | timedelta, _DATES | st.timedeltas()),
    (Decimal | Path, _DECIMALS | _PATHS | st.just(Path("12"))),
    (Literal["auto", 3] | float | None, st.none() | st.sampled_from(["auto", 3]) | _FLOATS),
    (Kind | int, st.sampled_from(Kind) | _INTS),
    (list[int | str], st.lists(_INTS | _TEXT | _WORDS, max_size=4)),
    (dict[str, date | str], st.dictionaries(_TEXT, _DATES | _TEXT | _WORDS, max_size=4)),
]
quick = settings(max_examples=60)
every_type = pytest.mark.parametrize(("annotation", "values"), VALUES, ids=lambda value: str(value)[:40])


@every_type
def test_the_text_of_a_value_is_parsed_back(annotation, values):
    @quick
    @given(values)
    def holds(value):
        back = parse(param(annotation), to_text(param(annotation), value))
        assert (type(back), back) == (type(value), value)

    holds()


@every_type
def test_the_json_of_a_value_is_parsed_back(annotation, values):
    @quick
    @given(values)
    def holds(value):
        converted = json.loads(json.dumps(to_json(param(annotation), value)))
        back = parse(param(annotation), converted, ValueForm.RECORD)
        assert (type(back), back) == (type(value), value)

    holds()


@pytest.mark.parametrize(
    ("annotation", "value"),
    [(Literal["auto", 3] | float, 3.0), (Literal["auto", 3] | float, 3), (Literal[1] | float, 1.0)],
)
def test_a_number_that_equals_a_literal_of_another_type_keeps_its_type(annotation, value):
    for form in (ValueForm.PYTHON, ValueForm.JSON, ValueForm.RECORD):
        back = parse(param(annotation), value, form)
        assert (type(back), back) == (type(value), value)


@every_type
def test_the_json_of_a_file_or_request_is_parsed_back(annotation, values):
    @quick
    @given(values)
    def holds(value):
        converted = json.loads(json.dumps(to_request_json(param(annotation), value)))
        back = parse(param(annotation), converted, ValueForm.JSON)
        assert (type(back), back) == (type(value), value)

    holds()


@every_type
def test_a_python_value_is_accepted_unchanged(annotation, values):
    @quick
    @given(values)
    def holds(value):
        assert parse_default(param(annotation), value) == value

    holds()


@every_type
def test_any_text_gives_a_value_or_one_error(annotation, values):
    @quick
    @given(
        _TEXT
        | st.sampled_from(
            ["", "[", "[1", "nan", "1e999", "\uff12", "1_0", "null", "0x1", '["a"]', "2013-02-30"]
        )
    )
    def holds(text):
        try:
            parse(param(annotation), text)
        except InputError as error:
            assert "`p` is " in str(error)
            assert "must be" in str(error)

    holds()


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (bool, "YES", True),
        (bool, " off ", False),
        (int, " +7 ", 7),
        (float, "1e3", 1000.0),
        (float, 2, 2.0),
        (str, " kept ", " kept "),
        (datetime, "2013-07-04", datetime(2013, 7, 4)),
        (datetime, "2013-07-04 06:30Z", datetime(2013, 7, 4, 6, 30, tzinfo=UTC)),
        (Kind, "GBT", Kind.GBT),
        (Kind, "gbt", Kind.GBT),
        (Level, "2", Level.HIGH),
        (Level, 2, Level.HIGH),
        (Odd, "POINT", Odd.POINT),
        (int | None, "", None),
        (int | None, "NULL", None),
        (str | None, '"null"', "null"),
        (Literal["none", "all"] | None, "none", "none"),
        (list[str], "JFK, LGA", ["JFK", "LGA"]),
        (list[str], '["a,b"]', ["a,b"]),
        (list[int], "", []),
        (list[int], [1, "2"], [1, 2]),
        (list[date], "2013-07-04,2013-07-05", [date(2013, 7, 4), date(2013, 7, 5)]),
        (tuple[int, ...], [1, 2], (1, 2)),
    ],
)
def test_a_value_is_read_as_the_rule_says(annotation, text, value):
    back = parse(param(annotation), text)
    assert (type(back), back) == (type(value), value)


@pytest.mark.parametrize(
    ("annotation", "raw"),
    [
        (bool, "2"),
        (bool, 1),
        (int, "1.0"),
        (int, 1.0),
        (int, True),
        (int, "1_000"),
        (int, ""),
        (int, None),
        (float, "nan"),
        (float, "-inf"),
        (float, float("nan")),
        (float, "1e999"),
        (float, 10**400),
        (float, False),
        (str, 12),
        (str, None),
        (date, "20130704"),
        (date, "2013-02-30"),
        (date, 1372896000),
        (date, datetime(2013, 7, 4)),
        (datetime, "1372896000"),
        (datetime, date(2013, 7, 4)),
        (Kind, Level.LOW),
        (Level, True),
        (Literal[1], True),
        (Literal["a"], "A"),
        (list[int], "1,x"),
        (list[int], {"a": 1}),
        (list[int], [1.0]),
        (PositiveInt, 0),
    ],
)
def test_a_value_of_another_type_is_refused(annotation, raw):
    assert refused(annotation, raw).startswith("`p` is ")


def test_an_error_names_the_value_and_the_accepted_values():
    assert refused(Literal["JFK", "LGA"] | None, "JKF") == "`p` is 'JKF': it must be one of JFK, LGA, or null"
    assert refused(Annotated[int, Field(ge=1, le=9)], "10") == (
        "`p` is '10': it must be a whole number, at least 1, at most 9"
    )
    assert "item 1 is 'x'" in refused(list[int], "1,x")


def test_values_of_other_libraries_become_python_s_own():
    assert (type(parse(param(int), np.int64(3))), type(parse(param(float), np.float32(0.5)))) == (int, float)
    stamp = type("Timestamp", (datetime,), {})(2013, 7, 4, 6)
    assert type(parse(param(datetime), stamp)) is datetime


def test_constraints_apply_to_optional_types_and_aliases():
    for annotation in (Annotated[int | None, Field(ge=1)], Annotated[int, Field(ge=1)] | None):
        assert parse(param(annotation), None) is None
        assert "at least 1, or null" in refused(annotation, "0")
    assert parse(param(NewType("Month", int)), "7") == 7


def test_the_message_of_an_authors_validator_is_reported():
    def even(value: int) -> int:
        if value % 2:
            raise ValueError("give an even number")
        return value

    assert "give an even number" in refused(Annotated[int, AfterValidator(even)], "3")


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (str, "None", "None"),
        (str | None, "None", None),
        (Decimal, "1.10", Decimal("1.10")),
        (timedelta, "1h30m", timedelta(hours=1, minutes=30)),
        (timedelta, "1.5 days", timedelta(days=1, hours=12)),
        (timedelta, "-PT0.5S", timedelta(seconds=-0.5)),
        (timedelta, "P1W", timedelta(weeks=1)),
        (Path, "a/b", Path("a/b")),
        (set[str], "a,b,a", {"a", "b"}),
        (tuple[int, str], "1,b", (1, "b")),
        (dict[str, int], "a=1, b=2", {"a": 1, "b": 2}),
        (dict[str, Any], "a=1,b=x,c=null", {"a": 1, "b": "x", "c": None}),
        (dict[str, int], "", {}),
        (JsonValue, '{"a": [1, null]}', {"a": [1, None]}),
        (int | str, "12", 12),
        (int | str, '"12"', "12"),
        (int | str, "1.0", "1.0"),
        (bool | int, "1", 1),
        (bool | str, "yes", "yes"),
        (bool | str, "true", True),
        (Secret, " a secret ", Secret(" a secret ")),
    ],
)
def test_a_text_of_another_type_is_read_as_the_rule_says(annotation, text, value):
    back = parse(param(annotation), text)
    assert (type(back), back) == (type(value), value)


@pytest.mark.parametrize(
    ("annotation", "raw", "value"),
    [
        (str | None, "None", "None"),
        (str | None, "", ""),
        (str | None, '"x"', '"x"'),
        (str | None, None, None),
        (int | None, "null", None),
        (int | str, "12", "12"),
        (int | str, 12, 12),
        (date | str, "2013-07-04", date(2013, 7, 4)),
        (date, "2013-07-04", date(2013, 7, 4)),
        (int, "7", 7),
        (Decimal, YamlScalar(1.1, "1.10"), Decimal("1.10")),
        (int, YamlScalar(12, "012"), 12),
        (JsonValue, [YamlScalar(12, "012")], [12]),
        (list[str], ["null", ""], ["null", ""]),
        (dict[str, date], {"a": "2013-07-04"}, {"a": date(2013, 7, 4)}),
    ],
)
def test_a_value_of_a_file_or_request_has_a_type_of_its_own(annotation, raw, value):
    back = parse(param(annotation), raw, ValueForm.JSON)
    assert (type(back), back) == (type(value), value)


@pytest.mark.parametrize(
    ("annotation", "raw"),
    [
        (str, 12),
        (str, True),
        (str, date(2013, 7, 4)),
        (Path, YamlScalar(12, "012")),
        (Decimal, 1.1),
        (tuple[int, str], [1]),
        (dict[str, int], {"a": "x"}),
        (dict[str, int], [1]),
        (int | float, True),
    ],
)
def test_a_value_of_a_file_of_another_type_is_refused(annotation, raw):
    with pytest.raises(InputError, match="`p` is "):
        parse(param(annotation), raw, ValueForm.JSON)


@pytest.mark.parametrize(
    ("annotation", "value", "accepted"),
    [
        (str | None, "None", "None"),
        (str, "null", "null"),
        (float, 2, 2.0),
        (Decimal, 2, Decimal(2)),
        (tuple[int, ...], [1], (1,)),
        (list[int], (1,), [1]),
        (int, np.int64(3), 3),
        (Colour | None, Colour.NONE, Colour.NONE),
        (Literal["a"], "a", "a"),
        (int | str, "12", "12"),
        (float | int, 1, 1),
        (set[int], frozenset({1}), {1}),
    ],
)
def test_a_value_from_python_is_validated_and_not_parsed(annotation, value, accepted):
    back = parse(param(annotation), value, ValueForm.PYTHON)
    assert (type(back), back) == (type(accepted), accepted)


@pytest.mark.parametrize(
    ("annotation", "value", "advice"),
    [
        (date, "2013-07-04", "pass date(2013, 7, 4)"),
        (int, "3", "pass 7"),
        (bool, "true", "pass True"),
        (Kind, "lr", "pass Kind.LR"),
        (list[int], "1,2", "pass [7]"),
        (dict[str, int], '{"a": 1}', "pass {}"),
        (Path, "x", 'pass Path("data")'),
        (timedelta, "1h", "pass timedelta(seconds=90)"),
        (Secret, "hunter2", 'pass sparkops.Secret("...")'),
        (int | None, "", "pass 7"),
        (list[date], ["2013-07-04"], "item 0 is '2013-07-04'"),
        (float, True, "a number"),
        (set[int], [1], "a list"),
        (list[int], {1}, "a list"),
        (str, Colour.RED, "a text"),
    ],
)
def test_a_value_from_python_of_another_type_is_refused(annotation, value, advice):
    with pytest.raises(InputError) as raised:
        parse(param(annotation), value, ValueForm.PYTHON)
    assert advice in str(raised.value)


def test_a_secret_is_shown_nowhere():
    secret = Secret("hunter2")
    assert (
        f"{secret} {secret!r} {secret:>20} {[secret]}".replace("Secret(***)", "").strip("[] ") == "***  ***"
    )
    assert (to_json(param(Secret), secret), to_text(param(Secret), secret)) == ("***", "***")
    assert "hunter2" not in refused(Secret, ["hunter2"])
    assert pickle.loads(pickle.dumps(secret)) == secret
    assert "shorter" in refused(Secret, "abc")


def test_the_values_of_an_option_given_several_times_are_joined():
    assert parse(param(list[int]), ["1,2", "3"]) == [1, 2, 3]
    assert parse(param(set[str]), ["a,b", '["c,d"]']) == {"a", "b", "c,d"}
    assert parse(param(dict[str, int]), ["a=1", '{"b": 2}']) == {"a": 1, "b": 2}
    with pytest.raises(InputError, match="it is given several times"):
        parse(param(list[int] | None), ["null", "1"])


def test_a_record_of_before_is_read_back():
    # Earlier versions put quotes around a text that would be read as None.
    for text in ("null", "", '"x'):
        assert parse(param(str | None), json.dumps(text), ValueForm.RECORD) == text
