"""Values and headline numbers as text."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.errors import DeclarationError
from sparkops.pipeline.reports.report import Number
from sparkops.reports.formatting import format_value
from sparkops.reports.headline import build_headline

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


class Origin(Enum):
    """An airport."""

    JFK = "Kennedy"


@pytest.mark.parametrize(
    ("value", "text"),
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
def test_a_value_is_formatted_by_its_type(value: Any, text: str) -> None:
    assert format_value(value) == text


@given(st.floats(min_value=-1e300, max_value=1e300))
def test_a_number_keeps_four_significant_digits(value: float) -> None:
    parsed = float(format_value(value).replace(MINUS, "-").replace(",", ""))
    assert parsed == pytest.approx(value, rel=6e-4, abs=1e-300)


@given(
    st.one_of(st.none(), st.text(), st.binary(), st.floats(), st.integers(), st.decimals(), st.datetimes())
)
def test_the_text_of_any_value_can_be_encoded_as_utf_8(value: Any) -> None:
    text = format_value(value)
    assert text.encode("utf-8").decode("utf-8") == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Number("n", 336776), "336,776"), (Number("n", 1234), "1,234"), (Number("n", 12345.6), "12,346"),
        (Number("n", 16.714), "16.71"), (Number("n", 0.315, fmt=".1%"), "31.5%"), (Number("n", "EWR"), "EWR"),
        (Number("n", 1234.56), "1,235"), (Number("Model year", 2013), "2013"), (Number("Order id", 12345), "12345"),
        (Number("n", 1234567, fmt="d"), "1234567"), (Number("n", 1234.0, fmt="d"), "1234"),
        (Number("Last day", date(2013, 7, 4), fmt="%d %b %Y"), "04 Jul 2013"), (Number("Last day", date(2013, 7, 4)), "2013-07-04"),
        (Number("n", Decimal("1234.5"), fmt=",.2f"), "1,234.50"), (Number("n", float("nan"), fmt=".1%"), "no value"),
        (Number("n", -3.5, fmt=".2f"), f"{MINUS}3.50"), (Number("n", None), "no value"), (Number("n", float("nan")), "no value"),
    ],
)  # fmt: skip
def test_a_headline_number_is_never_in_scientific_notation_and_never_nan(number: Number, text: str) -> None:
    assert build_headline(number).text == text


def test_an_error_names_the_headline_whose_format_does_not_fit() -> None:
    with pytest.raises(DeclarationError, match=r"Number `Late`: the format `d` does not fit the value 1\.5"):
        Number("Late", 1.5, fmt="d")
    with pytest.raises(DeclarationError, match=r"Number `Late`: the format `%d %b` does not fit the value 7"):
        Number("Late", 7, fmt="%d %b")
