"""The arguments of the `@job` decorator as they are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sparkops.pipeline.attempt_policy import AttemptOptions
from sparkops.pipeline.condition import Condition
from sparkops.pipeline.model import Gate
from sparkops.pipeline.write import Mode, Write


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """Arguments of the `@job` decorator; `job` documents each."""

    writes: str | Write | Sequence[str | Write] | None
    mode: Mode | None
    replace: tuple[str, ...] | None
    merge: tuple[str, ...] | None
    partition_by: tuple[str, ...]
    schema_change: bool
    publish_empty: bool
    not_filters: tuple[str, ...]
    registers: str | None
    gates: tuple[Gate, ...]
    stream: str | None = None
    every: str | None = None
    order_by: tuple[str, ...] = ()
    attempts: AttemptOptions = field(default_factory=AttemptOptions)
    when: tuple[Condition, ...] = ()
    checked_inputs: bool | tuple[str, ...] = ()
    each: Mapping[str, Any] = field(default_factory=dict)

    @property
    def table_options(self) -> list[str]:
        """Return the names of the options given here that apply only to jobs that return tables."""
        options = {
            "writes": self.writes,
            "mode": self.mode,
            "replace": self.replace,
            "merge": self.merge,
            "order_by": self.order_by,
            "partition_by": self.partition_by,
            "schema_change": self.schema_change,
            "publish_empty": self.publish_empty,
            "not_filters": self.not_filters,
            "stream": self.stream,
        }
        return [name for name, value in options.items() if value]
