"""Optional parameters that may leave out rows of a replaced slice: a warning if declared, an error if given."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest

from sparkops.errors import DeclarationWarning, ParamErrors
from sparkops.pipeline.declare import job
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import ParameterSource, bind
from sparkops.pipeline.slice_filters import find_possible_filters
from sparkops.pipeline.write import Write

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

DAY = date(2024, 3, 2)


class Both(NamedTuple):
    days: DataFrame
    shops: DataFrame


@pytest.fixture(autouse=True)
def _repeat_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("always", DeclarationWarning)
        globals().pop("__warningregistry__", None)
        yield


def declare(**options: Any) -> Job:
    @job(**options)
    def sales(orders: DataFrame, *, day: date, shop: str | None = None, top: int = 3) -> DataFrame: ...

    return sales


def bind_values(declared: Job, **values: Any) -> Any:
    return bind(declared, [ParameterSource(values=values, origin="python")]).values


def test_an_optional_parameter_beside_the_slice_is_warned_of_with_its_place() -> None:
    with pytest.warns(DeclarationWarning) as warned:
        declare(replace="day")
    (warning,) = warned
    text = str(warning.message)
    assert text.startswith(
        "Job `sales`: it replaces all rows of table `sales` with the same `day`, and if `shop`"
    )
    assert "Declare replace=('day', 'shop')" in text
    assert "not_filters='shop'" in text
    assert (warning.filename.rpartition("/")[2], warning.lineno > 1) == ("test_slice_filters.py", True)


@pytest.mark.parametrize(
    "options",
    [
        {"replace": ("day", "shop")},
        {"replace": "day", "not_filters": "shop"},
        {"replace": "day", "not_filters": ("shop",)},
        {"mode": "overwrite"},
        {"mode": "append"},
        {"merge": "day"},
    ],
    ids=str,
)
def test_declared_or_harmless_parameters_are_accepted(
    options: dict[str, Any], recwarn: pytest.WarningsRecorder
) -> None:
    declared = declare(**options)
    assert list(recwarn) == []
    assert bind_values(declared, day=DAY, shop="north")["shop"] == "north"


def test_a_run_that_gives_it_is_refused_before_anything_starts() -> None:
    with pytest.warns(DeclarationWarning):
        declared = declare(replace="day")
    with pytest.raises(ParamErrors, match="`shop` is given: it replaces all rows of table `sales`") as raised:
        bind_values(declared, day=DAY, shop="north")
    assert [problem.name for problem in raised.value.problems] == ["shop"]
    assert bind_values(declared, day=DAY, shop=None) == bind_values(declared, day=DAY)


def test_a_value_of_conf_is_refused_like_one_of_the_command_line() -> None:
    with pytest.warns(DeclarationWarning):
        declared = declare(replace="day")
    sources = [
        ParameterSource(values={"shop": "north"}, origin="conf"),
        ParameterSource(values={"day": "2024-03-02"}, origin="command line"),
    ]
    with pytest.raises(ParamErrors, match="`shop` is given"):
        bind(declared, sources)


def test_every_replaced_table_counts() -> None:
    slices = (
        Write(table="a", mode="replace", by=("day", "shop")),
        Write(table="b", mode="replace", by=("day",)),
    )

    def both(orders: DataFrame, *, day: date, shop: Literal["n", "s"] | None = None) -> Both: ...

    with pytest.warns(DeclarationWarning, match="table `b`"):
        declared = job(writes=slices)(both)
    assert find_possible_filters(declared) == ("shop",)


@pytest.mark.parametrize(
    "function",
    [
        lambda: declare(replace=("day", "shop")),
        lambda: declare(replace="day", not_filters="shop"),
        lambda: declare(mode="append"),
    ],
)
def test_a_parameter_with_another_default_is_no_filter(function: Callable[[], Job]) -> None:
    assert find_possible_filters(function()) == ()
