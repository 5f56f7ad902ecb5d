"""The log of a run shows no secret, in whatever parts it is written."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkops.core.masking import mask
from sparkops.runs.records.log import LineWriter, open_log

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


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Refuse writes beyond a size, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_log_that_cannot_be_written_fails_no_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "attempt-001.log"
    with largest_file(4), open_log(path) as log:
        assert log.write("more than fits\n") == 15
    assert path.read_text() == "more"
    assert [record.message for record in caplog.records] == [f"Text is missing in {path}: File too large."]


def test_text_that_did_not_fit_is_written_when_there_is_space_again(tmp_path: Path) -> None:
    path = tmp_path / "attempt-001.log"
    with open_log(path) as log:
        with largest_file(4):
            log.write("first\n")
        log.write("second\n")
    assert path.read_text() == "first\nsecond\n"
