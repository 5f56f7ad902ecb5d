"""How values, columns and headline numbers read."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.errors import JobFailed
from sparkops.pipeline.report import Number, Table
from sparkops.reports.column import column
from sparkops.reports.headline import headline
from sparkops.reports.listing import listing
from sparkops.reports.palette import colours
from sparkops.reports.value import show

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


class Origin(Enum):
    """An airport."""

    JFK = "Kennedy"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, DASH), (float("nan"), DASH), (True, "yes"), (0, "0"), (2013, "2013"), (336776, "336,776"), (-5, f"{MINUS}5"),
        (0.1 + 0.2, "0.3"), (12345.678, "12,346"), (16.7149, "16.71"), (-0.0123456, f"{MINUS}0.01235"), (1e20, "1e+20"),
        (float("-inf"), f"{MINUS}∞"), (Decimal("2.50"), "2.5"), (np.int64(7), "7"), (np.float64(0.5), "0.5"),
        (date(2013, 7, 4), "2013-07-04"), (datetime(2013, 7, 4, 12, 30), "2013-07-04 12:30"),
        (datetime(2013, 7, 4, 12, 30, 5, tzinfo=timezone(timedelta(hours=-4))), "2013-07-04 16:30:05 UTC"),
        (Origin.JFK, "Kennedy"), (b"\x01\xff", "0x01ff"), (["a", 1], '["a", 1]'), ({"a": None}, '{"a": null}'),
        ("plain", "plain"), (timedelta(minutes=90), "1:30:00"),
    ],
)  # fmt: skip
def test_a_value_reads_as_a_person_would_write_it(value: Any, words: str) -> None:
    assert show(value) == words


@given(st.floats(min_value=-1e300, max_value=1e300))
def test_a_shown_number_is_the_number_to_four_digits(value: float) -> None:
    read = float(show(value).replace(MINUS, "-").replace(",", ""))
    assert read == pytest.approx(value, rel=6e-4, abs=1e-300)


@given(
    st.one_of(st.none(), st.text(), st.binary(), st.floats(), st.integers(), st.decimals(), st.datetimes())
)
def test_anything_can_be_shown_and_written_as_utf_8(value: Any) -> None:
    text = show(value)
    assert text.encode("utf-8").decode("utf-8") == text


def test_the_numbers_of_a_column_have_their_points_under_each_other() -> None:
    assert column("d", [44.968, 3, None, -15.7], part="t").cells == ("44.97", "3.00", DASH, f"{MINUS}15.70")
    assert column("d", [0.5, 0.25], part="t").cells == ("0.50", "0.25")
    assert column("d", [1200.0, 7.0], part="t").cells == ("1200", "7")


def test_a_column_of_years_keeps_its_digits_together_and_of_counts_groups_them() -> None:
    assert column("year", [2012, 2013], part="t").cells == ("2012", "2013")
    assert column("n", [1234, 98765], part="t").cells == ("1,234", "98,765")


def test_a_column_says_which_cells_hold_nothing() -> None:
    found = column("tail_number", ["N1", None], part="t")
    assert (found.label, found.missing, found.numeric) == ("tail number", (False, True), False)


def test_a_format_that_does_not_fit_names_table_column_and_value() -> None:
    with pytest.raises(
        JobFailed, match=r"Table `Top`, column `name`: the format `\.1%` does not fit the value 'x'"
    ):
        listing(Table("Top", [{"name": "x"}], formats={"name": ".1%"}), limit=10)


def test_a_format_for_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(JobFailed, match=r"Table `Top` reads column `shar`.*Did you mean `share`"):
        listing(Table("Top", [{"share": 0.5}], formats={"shar": ".1%"}), limit=10)


def test_a_format_leaves_what_is_missing_alone() -> None:
    found = listing(Table("Top", [{"s": 0.5}, {"s": None}], formats={"s": ".0%"}), limit=10)
    assert found.columns[0].cells == ("50%", DASH)


def test_rows_may_lack_a_column_that_others_have() -> None:
    found = listing(Table("t", [{"a": 1}, {"b": 2}]), limit=10)
    assert [one.cells for one in found.columns] == [("1", DASH), (DASH, "2")]


def test_what_is_no_rows_at_all_is_refused() -> None:
    with pytest.raises(JobFailed, match="Table `t` holds str as its rows"):
        listing(Table("t", "abc"), limit=10)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (Number("n", 336776), "336,776"), (Number("n", 1234), "1,234"), (Number("n", 12345.6), "12,346"),
        (Number("n", 16.714), "16.71"), (Number("n", 0.315, fmt=".1%"), "31.5%"), (Number("n", "EWR"), "EWR"),
        (Number("n", -3.5, fmt=".2f"), f"{MINUS}3.50"), (Number("n", None), "no value"), (Number("n", float("nan")), "no value"),
    ],
)  # fmt: skip
def test_a_headline_number_is_never_a_power_of_ten_and_never_nan(number: Number, words: str) -> None:
    assert headline(number).text == words


def test_a_headline_whose_format_does_not_fit_is_named() -> None:
    with pytest.raises(JobFailed, match=r"Number `Late`: the format `d` does not fit the value 1\.5"):
        headline(Number("Late", 1.5, fmt="d"))


def _light(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    """Return the contrast of two colours, as the web's accessibility rules define it."""
    high, low = sorted((_light(one), _light(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
def test_words_and_marks_stand_out_from_what_is_behind_them(side: int) -> None:
    named = {name: pair[side] for name, pair in colours().items()}
    for word in ("ink", "muted", "accent"):
        for ground in ("page", "surface", "raised"):
            assert contrast(named[word], named[ground]) >= 4.5, (word, ground)
    for tone in ("good", "warn", "bad"):
        assert contrast(named[tone], named[f"{tone}-ground"]) >= 4.5, tone
    for i in range(8):
        assert contrast(named[f"s{i}"], named["surface"]) >= 3, f"s{i}"
    for name in [f"{letter}{i}" for letter in "hd" for i in range(9)]:
        assert contrast(named[name], named[f"{name}-ink"]) >= 4.5, name
