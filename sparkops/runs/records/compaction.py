"""Select the events of a stream that its record needs, so that a stream of any length has a small record."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

from sparkops.runs.records.attempt_files import parse_event
from sparkops.runs.records.events import MAX_BATCHES

# Events of which only the newest count.
_REPLACED: Final = ("progress", "published")


def select_needed(lines: Sequence[bytes]) -> list[bytes]:
    """Return the lines without events that later ones replace: the record that they make is the same.

    Of the micro-batches the newest are kept, of their commits the newest of each table, and the newest progress. Every
    other event is needed. The events have the totals of the run, as those of streams do.

    Args:
        lines: The complete lines of an attempt's file.
    """
    needed: list[bytes] = []
    replaced: set[Hashable] = set()
    batches = 0
    for line in reversed(lines):
        event = parse_event(line)
        if event["event"] == "batch":
            batches += 1
            if batches > MAX_BATCHES:
                continue
        elif event["event"] in _REPLACED:
            identity = (event["event"], *sorted(event.get("outputs", ())))
            if identity in replaced:
                continue
            replaced.add(identity)
        needed.append(line)
    return needed[::-1]
