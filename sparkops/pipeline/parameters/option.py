"""The command-line options of parameters."""

from __future__ import annotations

from typing import Final

# Options that every command of a job has; a parameter of such a name is given as `--param NAME=VALUE`.
RESERVED: Final = frozenset(
    {
        "help",
        "project",
        "env",
        "set",
        "overrides",
        "at",
        "as_of",
        "upstream",
        "force",
        "wait",
        "debug",
        "param",
        "params_file",
        "dry_run",
        "each",
        "max_parallel",
        "fail_fast",
        "run_key",
        "resume",
        "new",
        "rows",
    }
)


def format_option(name: str) -> str:
    """Return the option of a parameter: `--max-iter`, or `--param at=` where `--at` is an option of the command."""
    return f"--param {name}=" if name in RESERVED else "--" + name.replace("_", "-")


def format_option_with_value(name: str, value: str) -> str:
    """Return an option with its value, as it is typed."""
    return f"{format_option(name)}{'' if name in RESERVED else ' '}{value}"
