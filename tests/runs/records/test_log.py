"""The log of a run shows no secret, in whatever parts it is written."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sparkops.core.masking import mask
from sparkops.runs.records.log import LineWriter

SECRET = "hunter2-pässwort"
OUTPUT = f"begin\nsent {SECRET} to host\nno end {SECRET}".encode()


@given(st.lists(st.integers(0, len(OUTPUT)), max_size=8))
def test_a_stream_is_passed_on_in_whole_lines(cuts: list[int]) -> None:
    written: list[str] = []
    lines = LineWriter(lambda text: written.append(mask(text, [SECRET])))
    places = [0, *sorted(cuts), len(OUTPUT)]
    for first, last in pairwise(places):
        lines.add(OUTPUT[first:last])
    lines.close()
    assert "".join(written) == "begin\nsent *** to host\nno end ***"


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    sizes: list[int] = []
    lines = LineWriter(lambda text: sizes.append(len(text)))
    for _ in range(5):
        lines.add(b"x" * 600_000)
    lines.close()
    assert sum(sizes) == 3_000_000
    assert max(sizes) <= 1_300_000
