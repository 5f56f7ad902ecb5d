"""The versions that a run reads, as they are requested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sparkops.errors import InputError

if TYPE_CHECKING:
    from sparkops.runs.records.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadVersions:
    """The versions of tables and models that a run reads: by default the newest.

    Args:
        at: A version, by table or model name.
        as_of: Tables that `at` does not name are read as they were at this time.
    """

    at: Mapping[str, int] = field(default_factory=dict)
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a time that UTC cannot express.

        Raises:
            InputError: It is before year 1, or after year 9999.
        """
        try:
            self.describe()
        except OverflowError:
            raise InputError(
                f"as_of={self.as_of} is out of range in UTC: give a time of the years 1 to 9999."
            ) from None

    def is_pinned(self, kind: str, name: str) -> bool:
        """Return whether a version of a table or model is requested, instead of the newest.

        Args:
            kind: `table` or `model`.
            name: Its name.
        """
        return name in self.at or (kind == "table" and self.as_of is not None)

    def describe(self) -> dict[str, str]:
        """Return `as_of` for the record, in UTC and ISO 8601; empty without a time. A time without a zone is UTC."""
        if self.as_of is None:
            return {}
        zoned = self.as_of if self.as_of.tzinfo is not None else self.as_of.replace(tzinfo=UTC)
        return {"as_of": zoned.astimezone(UTC).isoformat()}

    @classmethod
    def of_record(cls, run: Run) -> ReadVersions:
        """Return what a further attempt reads if no earlier one recorded its inputs: tables at the same time."""
        return cls(as_of=datetime.fromisoformat(run.as_of) if run.as_of else None)
