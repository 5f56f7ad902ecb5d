"""Ctrl-C and SIGTERM, turned into one interrupt that unwinds a run in order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_WATCHED = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """A signal asked the run to stop; no `Exception`, because py4j swallows those while it waits for Spark."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Cancelled by {name}.")


@contextmanager
def cancellable() -> Iterator[None]:
    """Raise `Interrupted` in the main thread at the first signal; a second one is not swallowed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[signal.Signals, Any] = {s: signal.getsignal(s) for s in _WATCHED}

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        for each in _WATCHED:
            signal.signal(each, signal.SIG_DFL if each is signal.SIGTERM else signal.default_int_handler)
        raise Interrupted(signal.Signals(number).name)

    for each in _WATCHED:
        signal.signal(each, stop)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
