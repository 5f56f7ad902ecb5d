"""The log of a run is followed until the run has ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkops.runs.records.follow_log import follow_log
from sparkops.runs.records.store import Attempt, RunStore

ENDED = "2024-01-01T00:00:01+00:00"


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


class Reader:
    """Follows a log in a thread."""

    def __init__(self, chunks: Iterator[str]) -> None:
        self.text = ""
        self._chunks = chunks
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for chunk in self._chunks:
            self.text += chunk

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + 10
        while text not in self.text and time.monotonic() < deadline:
            time.sleep(0.02)
        assert text in self.text

    def wait_for_end(self) -> str:
        self._thread.join(10)
        assert not self._thread.is_alive()
        return self.text

    @property
    def is_reading(self) -> bool:
        return self._thread.is_alive()


def write_log(attempt: Attempt, text: str | bytes) -> None:
    with attempt.log.open("ab") as file:
        file.write(text.encode() if isinstance(text, str) else text)


def test_what_is_written_later_is_read_until_the_run_is_done(store: RunStore) -> None:
    attempt = store.begin("r1", "job")
    reader = Reader(follow_log(store, "r1"))
    write_log(attempt, "one\n")
    reader.wait_for("one\n")
    write_log(attempt, "caf\N{LATIN SMALL LETTER E WITH ACUTE}\n".encode()[:4])
    time.sleep(0.5)
    assert reader.is_reading
    write_log(attempt, "caf\N{LATIN SMALL LETTER E WITH ACUTE}\nlast".encode()[4:])
    attempt.enter("done", "ended", ended=ENDED)
    assert reader.wait_for_end() == "one\ncaf\N{LATIN SMALL LETTER E WITH ACUTE}\nlast"


def test_a_retry_is_followed(store: RunStore) -> None:
    first = store.begin("r1", "job")
    write_log(first, "first\n")
    reader = Reader(follow_log(store, "r1"))
    reader.wait_for("first\n")
    first.enter("failed", "ended")
    first.enter("queued", "queued")
    time.sleep(0.5)
    second = store.begin("r1", "job")
    write_log(second, "second\n")
    reader.wait_for("second\n")
    second.enter("failed", "ended")
    assert reader.wait_for_end() == "first\nsecond\n"


def test_the_log_of_a_run_that_has_ended_is_printed_at_once(store: RunStore) -> None:
    attempt = store.begin("r1", "job")
    write_log(attempt, "all\n")
    attempt.enter("failed", "ended", ended=ENDED)
    start = time.monotonic()
    assert "".join(follow_log(store, "r1")) == "all\n"
    assert time.monotonic() - start < 0.9


def test_a_run_without_a_log_has_no_text(store: RunStore) -> None:
    store.begin("r1", "job").enter("done", "ended", ended=ENDED)
    assert "".join(follow_log(store, "r1")) == ""
