"""Values from several places: the last one wins, and every error is reported at once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import pytest
from pydantic import Field

from sparkops.errors import ParamErrors
from sparkops.pipeline.declare import job
from sparkops.pipeline.parameters.bind import ParameterSource, bind
from sparkops.pipeline.parameters.option import ParameterSyntax, format_option, format_option_with_value

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@job
def delays(
    flights: DataFrame,
    *,
    day: date,
    max_rows: Annotated[int, Field(ge=1, le=50)] = 10,
    carriers: list[str] = ["AA"],  # noqa: B006 - bind returns a copy
) -> DataFrame: ...


def problems(*sources: ParameterSource) -> list[str]:
    with pytest.raises(ParamErrors) as raised:
        bind(delays, sources)
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("syntax", "advice"),
    [
        (None, "pass --day 2013-07-04"),
        (ParameterSyntax.OPTION, "pass --day 2013-07-04"),
        (ParameterSyntax.PAIR, "pass --param day=2013-07-04"),
        (ParameterSyntax.PYTHON, "pass day=date(2013, 7, 4)"),
        (ParameterSyntax.DEFAULTS, 'pass defaults={"day": date(2013, 7, 4)}'),
        (ParameterSyntax.WIDGET, "fill in the widget `day`, as in 2013-07-04"),
        (ParameterSyntax.JSON, 'send {"params": {"day": "2013-07-04"}}'),
    ],
)
def test_a_missing_parameter_is_named_as_it_is_written_there(
    syntax: ParameterSyntax | None, advice: str
) -> None:
    sources = [
        ParameterSource(values={}, origin="conf", syntax=syntax),
        ParameterSource(values={}, origin="--each"),
    ]
    assert problems(*sources)[0].startswith(f"`day` is missing: {advice} (")


def test_later_sources_take_precedence_and_each_value_has_its_origin():
    conf = ParameterSource(
        values={"day": date(2013, 1, 1), "max_rows": 5},
        origin="conf",
        origins={"max_rows": "conf/base/params.yml:3"},
    )
    bound = bind(delays, [conf, ParameterSource(values={"day": "2013-07-04"}, origin="command line")])
    assert bound.values == {"day": date(2013, 7, 4), "max_rows": 5, "carriers": ["AA"]}
    assert bound.origins == {
        "day": "command line",
        "max_rows": "conf/base/params.yml:3",
        "carriers": "default",
    }


def test_an_invalid_value_that_a_later_source_replaces_is_not_an_error():
    first = ParameterSource(values={"day": "nonsense"}, origin="conf")
    assert (
        bind(delays, [first, ParameterSource(values={"day": "2013-07-04"}, origin="python")]).origins["day"]
        == "python"
    )


def test_every_problem_is_reported_at_once_with_value_origin_and_place():
    sources = ParameterSource(
        values={"dya": "2013-07-04", "max_rows": "99", "carriers": "[1"}, origin="command line"
    )
    messages = problems(sources)
    assert len(messages) == 4
    assert messages[0].startswith(
        "No parameter `dya` (from the command line). Did you mean `day`? It takes day, max_rows, carriers."
    )
    assert messages[1].startswith("`day` is missing: pass --day 2013-07-04 (")
    assert messages[2].startswith(
        "`max_rows` is '99': it must be a whole number, at least 1, at most 50, from the command line ("
    )
    assert messages[2].endswith(f"({__file__}:{delays.params[1].place.line})")
    assert "not a JSON array" in messages[3]


def test_the_whole_message_names_the_job_and_counts():
    with pytest.raises(
        ParamErrors, match="Job `delays`: 1 parameter problem\n  - `day` is missing: pass --day 2013-07-04"
    ):
        bind(delays, [])


def test_a_table_given_as_a_parameter_is_reported_to_be_one():
    messages = problems(ParameterSource(values={"flights": "x", "day": "2013-07-04"}, origin="python"))
    assert "It is one of its tables, which are read by name." in messages[0]


def test_a_version_of_a_table_that_the_job_does_not_read_is_reported_with_the_rest():
    with pytest.raises(ParamErrors, match="2 parameter problems") as raised:
        bind(delays, at=["fligths"])
    assert "No table or model `fligths` to read at a version. Did you mean `flights`?" in str(raised.value)


def test_a_default_list_is_copied_for_each_binding():
    sources = [ParameterSource(values={"day": "2013-07-04"}, origin="python")]
    bind(delays, sources).values["carriers"].append("UA")
    assert bind(delays, sources).values["carriers"] == ["AA"]


def test_an_option_name_has_dashes():
    assert format_option("max_rows") == "--max-rows"
    assert format_option_with_value("max_rows", "3") == "--max-rows 3"


def test_a_parameter_that_is_named_like_an_option_of_the_command_line_is_given_by_param():
    assert format_option_with_value("at", "3") == "--param at=3"
