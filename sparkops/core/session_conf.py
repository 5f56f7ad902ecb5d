"""Set the configuration of a Spark session temporarily. Spark itself is not imported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def apply_conf(conf: Any, values: Mapping[str, str]) -> Iterator[None]:
    """Give a session these settings while the block runs, and restore its earlier ones at the end.

    Args:
        conf: The session's `conf`, with `get`, `set` and `unset`.
        values: Value by key.
    """
    before: dict[str, str | None] = {name: conf.get(name, None) for name in values}
    try:
        for name, value in values.items():
            conf.set(name, value)
        yield
    finally:
        for name, old in before.items():
            if old is None:
                conf.unset(name)
            else:
                conf.set(name, old)
