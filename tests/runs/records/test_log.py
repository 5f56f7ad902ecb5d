"""The log of a run shows no secret, in whatever parts it is written."""

from __future__ import annotations

import base64
import pprint
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TextIO, cast

import pytest
import yaml
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


LONG = 'Zq9x"K7vW and a longer part of it that a line of YAML does not hold, so that it is folded \\ twice'


@pytest.mark.parametrize(
    "show",
    [
        lambda out: yaml.safe_dump({"password": LONG, "other": SECRET}, out),
        lambda out: yaml.safe_dump([LONG], out, default_style='"', width=30),
        lambda out: print("u:", *LONG.partition("K"), sep="", file=out),
        lambda out: [out.write(sign) for sign in f"{LONG}\n"],
        lambda out: (out.write(LONG[:5]), out.write(LONG[5:])),
        lambda out: pprint.PrettyPrinter(stream=out, width=40).pprint({"k": LONG}),
        lambda out: [out.write(line) for line in pprint.pformat([LONG], width=30).splitlines(keepends=True)],
        lambda out: [out.write(f"{line}\n") for line in encode_in_lines(LONG)],
        lambda out: print("https://u:", "SEC-of-url", "@host/x", sep="", file=out),
        lambda out: print(SECRET[:7], SECRET[7:], sep="", end="\r", file=out),
    ],
    ids=range(10),
)
def test_a_secret_is_masked_in_whatever_pieces_it_is_written(
    tmp_path: Path, show: Callable[[TextIO], object]
) -> None:
    path = tmp_path / "attempt-001.log"
    with open_log(path, [LONG, SECRET]) as log:
        print("before", file=log)
        show(cast("TextIO", log))
        print("after", file=log)
    text = path.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "***" in text
    for part in ("Zq9x", "longer part", "twice", "SEC", "hunter2", "pässwort", *encode_in_lines(LONG)):
        assert part not in text, part


def encode_in_lines(text: str) -> list[str]:
    return base64.encodebytes(text.encode()).decode().splitlines()


def test_a_line_is_in_the_log_when_it_ends_and_those_of_threads_are_not_mixed(tmp_path: Path) -> None:
    path = tmp_path / "attempt-001.log"
    with open_log(path, [SECRET]) as log:
        log.write(SECRET[:8])
        other = threading.Thread(target=log.write, args=["a line of the JVM\nand"])
        other.start()
        other.join()
        assert path.read_text() == "a line of the JVM\n"
        log.write(f"{SECRET[8:]}\n")
        assert path.read_text() == "a line of the JVM\n***\n"
    assert path.read_text() == "a line of the JVM\n***\nand"


def test_many_small_pieces_take_time_in_proportion_to_them(tmp_path: Path) -> None:
    begin = time.process_time()
    with open_log(tmp_path / "attempt-001.log", [SECRET]) as log:
        for _ in range(200_000):
            log.write("part")
    assert time.process_time() - begin < 3.0
    assert (tmp_path / "attempt-001.log").stat().st_size == 800_000
