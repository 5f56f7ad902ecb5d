"""The micro-batches of a stream as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sparkops.cli.display.table import rows_of

_SHOWN = 10  # the newest batches


def batch_lines(batches: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield one line for each of the newest batches, and how many came before them."""
    before = len(batches) - _SHOWN
    if before > 0:
        yield f"{before:,} before these: --json shows all"
    for batch in batches[-_SHOWN:]:
        yield _line(batch)


def _line(batch: Mapping[str, Any]) -> str:
    parts = [f"{batch['number']}: version {batch['version']}, {rows_of(batch['rows'])}"]
    parts += [f"{rows_of(batch['held'])} held back"] if batch["held"] else []
    parts += ["published by an earlier run"] if batch["already"] else []
    parts += [f"broke {', '.join(batch['broken'])}"] if batch["broken"] else []
    return ", ".join(parts)
