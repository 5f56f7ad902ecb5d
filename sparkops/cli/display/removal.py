"""What a command that removes something prints, and its option --dry-run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.format import format_bytes
from sparkops.cli.display.table import print_table
from sparkops.core.wording import format_count


def dry_run_option() -> Callable[[Any], Any]:
    """Return the option that lists what would be removed."""
    return click.option("--dry-run", is_flag=True, help="List what would be removed, and remove nothing.")


def print_removal(rows: Sequence[Mapping[str, Any]], noun: str, size: str, *, dry_run: bool) -> None:
    """Print what was removed as a table, and a summary below it.

    Args:
        rows: One row for each thing removed.
        noun: What one of them is called.
        size: The total size.
        dry_run: Whether it only would be removed.
    """
    print_table(rows, empty="Nothing to remove.")
    if rows:
        _print_summary(len(rows), noun, size, dry_run=dry_run)


def print_removal_summary(count: int, noun: str, bytes_: int, *, dry_run: bool) -> None:
    """Print how many things were removed, or would be, and their size."""
    _print_summary(count, noun, format_bytes(bytes_), dry_run=dry_run)


def _print_summary(count: int, noun: str, size: str, *, dry_run: bool) -> None:
    echo(f"{format_count(count, noun)}, {size}, {'would be removed' if dry_run else 'removed'}.")


def print_removal_json(key: str, facts: Sequence[Mapping[str, Any]], *, dry_run: bool, **more: Any) -> None:
    """Print what was removed as JSON, under a key; and more under others."""
    echo_json({"removed": not dry_run, key: facts, **more})
