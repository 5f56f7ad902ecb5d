"""Widgets from a declaration, against a stand-in that is as strict as Databricks."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from fakes.dbutils import DBUtils, InputWidgetNotDefined
from pydantic import JsonValue

from sparkops import notebook
from sparkops.errors import ParamErrors
from sparkops.pipeline.declare import job
from sparkops.pipeline.secret import Secret

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Kind(Enum):
    LR = "lr"
    GBT = "gbt"


@job
def delays(
    flights: DataFrame,
    *,
    day: date,
    origin: Literal["JFK", "LGA"] | None = None,
    fallback: Literal["a", "b"] | None = "a",
    kind: Kind = Kind.LR,
    quick: bool = False,
    top: int = 10,
    note: str | None = None,
    carriers: list[Literal["AA", "UA", "DL"]] = ["AA", "UA"],  # noqa: B006
    hubs: list[Kind] = [],  # noqa: B006
    days: list[date] | None = None,
) -> DataFrame: ...


DEFAULTS = {
    "origin": None,
    "fallback": "a",
    "kind": Kind.LR,
    "quick": False,
    "top": 10,
    "note": None,
    "carriers": ["AA", "UA"],
    "hubs": [],
    "days": None,
}


def test_each_parameter_gets_the_widget_of_its_type():
    dbutils = DBUtils({"day": "2013-07-04"})
    notebook.params(delays, dbutils)
    created = dbutils.widgets.created
    assert {name: kind for name, (kind, _, _) in created.items()} == {
        "day": "text",
        "origin": "dropdown",
        "fallback": "dropdown",
        "kind": "dropdown",
        "quick": "dropdown",
        "top": "text",
        "note": "text",
        "carriers": "multiselect",
        "hubs": "multiselect",
        "days": "text",
    }
    assert created["origin"][1] == ("", "JFK", "LGA")
    assert created["fallback"][1] == ("a", "b", "null")
    assert created["carriers"] == ("multiselect", ("", "AA", "UA", "DL"), "carriers (none chosen: AA, UA)")


def test_widgets_left_alone_give_the_declared_defaults():
    values = notebook.params(delays, DBUtils({"day": "2013-07-04"}))
    assert values == {"day": date(2013, 7, 4), **DEFAULTS}


def test_selected_values_are_parsed_by_the_same_rule():
    dbutils = DBUtils()
    with pytest.raises(ParamErrors, match="`day` is missing"):
        notebook.params(delays, dbutils)
    chosen = {
        "day": "2013-07-05",
        "origin": "LGA",
        "fallback": "null",
        "kind": "gbt",
        "quick": "true",
        "top": "3",
        "carriers": ",DL,AA",
        "hubs": "gbt",
        "days": "2013-07-04,2013-07-05",
    }
    for name, text in chosen.items():
        dbutils.widgets.choose(name, text)
    assert notebook.params(delays, dbutils) == {
        "day": date(2013, 7, 5),
        "origin": "LGA",
        "fallback": None,
        "kind": Kind.GBT,
        "quick": True,
        "top": 3,
        "note": None,
        "carriers": ["DL", "AA"],
        "hubs": [Kind.GBT],
        "days": [date(2013, 7, 4), date(2013, 7, 5)],
    }


def test_wrong_job_parameters_are_all_reported_at_once():
    with pytest.raises(ParamErrors) as raised:
        notebook.params(delays, DBUtils({"day": "tomorrow", "kind": "svm", "top": "1.5"}))
    assert [problem.name for problem in raised.value.problems] == ["day", "kind", "top"]
    assert "`kind` is 'svm': it must be one of lr, gbt, from widget" in str(raised.value)


def test_choices_with_a_comma_become_a_text_field():
    @job
    def odd(raw: DataFrame, *, parts: list[Literal["a,b", "c"]] = ["c"]) -> DataFrame: ...  # noqa: B006

    dbutils = DBUtils({"parts": '["a,b"]'})
    assert notebook.params(odd, dbutils) == {"parts": ["a,b"]}
    assert dbutils.widgets.created["parts"][0] == "text"


def test_without_databricks_the_defaults_are_used_and_what_is_missing_is_reported():
    @job
    def easy(raw: DataFrame, *, n: int = 3) -> DataFrame: ...

    assert notebook.params(easy) == {"n": 3}
    with pytest.raises(ParamErrors, match="`day` is missing"):
        notebook.params(delays)


CONF = "params:\n  delays:\n    day: 2013-07-04\n    top: 20\n    kind: gbt\n"


def test_a_blank_widget_means_the_value_of_conf(make_project, monkeypatch):
    monkeypatch.chdir(make_project({"conf/base/params.yml": CONF}))
    conf = {"day": date(2013, 7, 4), "top": 20, "kind": Kind.GBT}
    assert notebook.params(delays) == DEFAULTS | conf
    dbutils = DBUtils({})
    assert notebook.params(delays, dbutils) == DEFAULTS | conf
    assert dbutils.widgets.created["kind"][1] == ("", "lr", "gbt")
    assert notebook.params(delays, DBUtils({"top": "5", "kind": "lr"}))["top"] == 5


def test_the_notebook_s_own_dbutils_is_found(monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "dbutils", DBUtils({"day": "2013-07-04"}), raising=False)
    assert notebook.params(delays)["day"] == date(2013, 7, 4)


def test_a_session_without_databricks_gives_the_defaults():
    @job
    def easy(raw: DataFrame, *, n: int = 3) -> DataFrame: ...

    assert notebook.params(easy, spark=object()) == {"n": 3}


def test_the_fake_is_as_strict_as_databricks():
    widgets = DBUtils().widgets
    with pytest.raises(TypeError, match="takes a string"):
        widgets.text("a", None)
    with pytest.raises(TypeError, match="takes a string"):
        widgets.dropdown("a", "1", ["1", 2])
    with pytest.raises(ValueError, match="not among the choices"):
        widgets.multiselect("a", "", ["x"])
    with pytest.raises(InputWidgetNotDefined):
        widgets.get("a")
    with pytest.raises(ValueError, match="10000 bytes"):
        DBUtils({"a": "x" * 10_000})


@job
def every_type(
    flights: DataFrame,
    *,
    price: Decimal = Decimal("1.10"),
    wait: timedelta = timedelta(minutes=90),
    file: Path = Path("a,b"),
    names: set[str] = {"b", "a,c"},  # noqa: B006 - bind returns a copy
    pair: tuple[int, str] = (1, "x"),
    rates: dict[str, float] = {"a": 1.0},  # noqa: B006
    modes: dict[str, Literal["on", "off"]] = {"a": "on"},  # noqa: B006
    free: JsonValue = {"a": [1, None]},  # noqa: B006
    number: int | str = "12",
    token: Secret = Secret("hunter2-and-more"),  # noqa: B008 - it cannot be changed
) -> DataFrame: ...


def test_the_default_of_every_type_comes_back_from_its_widget():
    dbutils = DBUtils({})
    values = notebook.params(every_type, dbutils)
    assert values == {param.name: param.default for param in every_type.params}
    assert "hunter2" not in str(dbutils.widgets.created)


def test_a_widget_of_every_type_is_read_as_text():
    texts = {
        "price": "2.5",
        "wait": "1h",
        "pair": "3,y",
        "rates": "b=2",
        "number": "7",
        "token": "new-secret",
        "free": "[1]",
    }
    values = notebook.params(every_type, DBUtils(texts))
    assert values["wait"] == timedelta(hours=1)
    assert (values["price"], values["pair"], values["number"]) == (Decimal("2.5"), (3, "y"), 7)
    assert (values["rates"], values["free"], values["token"]) == ({"b": 2.0}, [1], Secret("new-secret"))


def test_the_defaults_of_a_notebook_fill_what_is_missing_and_are_shown_by_the_widgets(
    make_project, monkeypatch
):
    monkeypatch.chdir(make_project({"conf/base/params.yml": CONF}))
    defaults = {"day": "2024-03-02", "top": 5}
    values = notebook.params(delays, defaults=defaults)
    # the notebook takes precedence over conf
    assert (values["day"], values["top"], values["kind"]) == (date(2024, 3, 2), 5, Kind.GBT)
    widgets = DBUtils({})
    assert notebook.params(delays, widgets, defaults={"origin": "LGA"})["origin"] == "LGA"
    assert widgets.widgets.get("origin") == "LGA"
    with pytest.raises(ParamErrors, match=r"`top` is 'x'.*from the notebook"):
        notebook.params(delays, defaults={"top": "x"})
    with pytest.raises(ParamErrors, match="No parameter `tpo`"):
        notebook.params(delays, defaults={"tpo": 1})


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--day", "2013-07-05", "--top", "4"], {"day": date(2013, 7, 5), "top": 4}),
        (["--day=2013-07-05", "--carriers", "DL", "--carriers", "AA"], {"carriers": ["DL", "AA"]}),
        (["--quick", "true"], {"day": date(2013, 7, 4), "quick": True}),
    ],
)
def test_a_notebook_that_is_run_as_a_file_takes_arguments(monkeypatch, arguments, expected):
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "delays", delays, raising=False)
    monkeypatch.setattr(main, "__file__", "notebooks/delays.py", raising=False)
    monkeypatch.setattr(sys, "argv", ["notebooks/delays.py", *arguments])
    values = notebook.params(delays, defaults={"day": "2013-07-04"})
    assert {name: values[name] for name in expected} == expected
    # the arguments of another program are not those of the notebook
    monkeypatch.setattr(sys, "argv", ["pytest", *arguments])
    assert notebook.params(delays, defaults={"day": "2013-07-04"})["day"] == date(2013, 7, 4)


def test_an_unknown_argument_of_a_notebook_ends_it_with_its_usage(monkeypatch, capsys):
    main = sys.modules["__main__"]
    monkeypatch.setattr(main, "delays", delays, raising=False)
    monkeypatch.setattr(main, "__file__", "delays.py", raising=False)
    monkeypatch.setattr(sys, "argv", ["delays.py", "--dya", "2013-07-05"])
    with pytest.raises(SystemExit) as raised:
        notebook.params(delays)
    assert raised.value.code == 2
    assert "--day DAY" in capsys.readouterr().err
