"""What a command that removes something prints, and its option --dry-run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from sparkops.cli.display.echo import echo
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
        verb = "would be removed" if dry_run else "removed"
        echo(f"{format_count(len(rows), noun)}, {size}, {verb}.")


def print_removal_json(key: str, facts: Sequence[Mapping[str, Any]], *, dry_run: bool) -> None:
    """Print what was removed as JSON, under a key."""
    echo(json.dumps({"removed": not dry_run, key: facts}, indent=2, default=str))
