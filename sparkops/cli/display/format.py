"""Format values for a terminal: counts, times, durations, states and paths."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sparkops.core.wording import format_count

_KILOBYTE, _MEGABYTE = 1_000, 1_000_000


def format_value(value: Any) -> str:
    """Return a value as the cell of a table shows it."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(format_value(item) for item in value) or "-"
    return str(value)


def format_data(value: Any) -> str:
    """Return a value of a table's row as a cell shows it: times are exact."""
    if isinstance(value, datetime):
        return format_exact_time(value)
    if isinstance(value, list | tuple):
        return ", ".join(format_data(item) for item in value) or "-"
    return format_value(value)


def format_exact_time(time: datetime) -> str:
    """Return a time to the microsecond, in UTC with `Z` if it has a zone; the year has four digits."""
    if time.tzinfo is None:
        return time.isoformat(sep=" ")
    try:
        utc = time.astimezone(UTC)
    except OverflowError:
        # In UTC it is before year 1 or after year 9999.
        return time.isoformat(sep=" ")
    return utc.replace(tzinfo=None).isoformat(sep=" ") + "Z"


def format_time(time: datetime) -> str:
    """Return a time in UTC, to the second."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def format_duration(seconds: float | None) -> str:
    """Return a duration: "0.3 s", "1 min 23 s", "2 h 51 min"."""
    if seconds is None:
        return "-"
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{int(hours)} h {int(minutes)} min"
    return f"{int(minutes)} min {int(rest)} s" if minutes else f"{seconds:.1f} s"


def format_bytes(size: int) -> str:
    """Return a number of bytes: "812 bytes", "4.1 kB", "1,204.0 MB"."""
    if size < _KILOBYTE:
        return format_count(size, "byte")
    return f"{size / _KILOBYTE:.1f} kB" if size < _MEGABYTE else f"{size / _MEGABYTE:,.1f} MB"


def format_state(state: str) -> str:
    """Return a run's state in words: `checks_failed` is "checks failed"."""
    return state.replace("_", " ")


def to_relative_path(root: Path, path: str | None) -> str | None:
    """Return a path relative to the project, or as it is if it is outside."""
    if path is None or not Path(path).is_relative_to(root):
        return path
    return str(Path(path).relative_to(root))
