"""Java's text of doubles and floats, by version."""

from __future__ import annotations

from random import Random
from struct import pack, unpack

import numpy as np
import pytest

from sparkops.scoring.jvm.numbers import choose_text_function, round_to_float


@pytest.mark.parametrize(
    ("number", "java_17", "java_21"),
    [
        (0.1, "0.1", "0.1"),
        (-0.0, "-0.0", "-0.0"),
        (100.0, "100.0", "100.0"),
        (1e7, "1.0E7", "1.0E7"),
        (9999999.0, "9999999.0", "9999999.0"),
        (0.001, "0.001", "0.001"),
        (9.999e-4, "9.999E-4", "9.999E-4"),
        (2e23, "1.9999999999999998E23", "2.0E23"),
        (1e23, "9.999999999999999E22", "1.0E23"),
        (8.41e21, "8.409999999999999E21", "8.41E21"),
        (5e-324, "4.9E-324", "4.9E-324"),
        (2.0**-44, "5.6843418860808015E-14", "5.684341886080802E-14"),
        (float("nan"), "NaN", "NaN"),
        (float("-inf"), "-Infinity", "-Infinity"),
    ],
)
def test_a_double_is_written_as_its_version_of_java_does(number: float, java_17: str, java_21: str) -> None:
    assert choose_text_function("double", 17)(number) == java_17
    assert choose_text_function("double", 21)(number) == java_21


@pytest.mark.parametrize("java", [17, 21])
def test_a_text_gives_its_number_back(java: int) -> None:
    draw = Random(5)
    write, write_float = choose_text_function("double", java), choose_text_function("float", java)
    for _ in range(4000):
        number = unpack("<d", pack("<Q", draw.getrandbits(63)))[0]
        single = unpack("<f", pack("<I", draw.getrandbits(31)))[0]
        assert repr(float(write(number).replace("Infinity", "inf"))) == repr(number)
        assert repr(np.float32(write_float(single).replace("Infinity", "inf"))) == repr(np.float32(single))


def test_a_fraction_rounds_once_to_single_precision() -> None:
    tie = 2**24 + 1
    assert round_to_float(tie, 1) == 2**24
    assert round_to_float(tie * 10**30 + 1, 10**30) == 2**24 + 2
    assert round_to_float(tie * 10**30 - 1, 10**30) == 2**24
    assert round_to_float(-tie * 10**30 - 1, 10**30) == -(2**24) - 2
    assert round_to_float(10**400, 1) == float("inf")
