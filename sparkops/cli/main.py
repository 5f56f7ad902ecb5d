"""The command `sparkops`: its commands, and how errors become messages and exit codes."""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Sequence

import click

from sparkops import errors
from sparkops.cli.lazy_group import LazyGroup

DONE, FAILED, BAD_INPUT, CHECKS_FAILED, CANCELLED = 0, 1, 2, 3, 130

# What was asked for or handed in cannot be used: the caller mends it, and the same again would fail again.
_BAD_INPUT = (
    errors.InputError,
    errors.RowError,
    errors.SignatureMismatch,
    errors.BadData,
    errors.VersionGone,
)

_OF_THE_DISK = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)

_HOME = "sparkops.cli"
COMMANDS = {
    "run": (f"{_HOME}.run", "run", "Run a job; `sparkops run JOB --help` shows its parameters."),
    "flow": (f"{_HOME}.run", "flow", "Run jobs in the order of their tables; what is up to date is left."),
    "jobs": (f"{_HOME}.jobs", "jobs", "List the project's jobs."),
    "runs": (f"{_HOME}.runs", "runs", "List runs; `show`, `log` and `resume` one."),
    "tables": (f"{_HOME}.tables", "tables", "List tables; show the history or rows of one; restore one."),
    "check": (f"{_HOME}.checks", "check", "Run a table's data-validation checkpoint now."),
    "checks": (f"{_HOME}.checks", "checks", "Draft a table's checks; show what they found, run after run."),
    "quarantine": (f"{_HOME}.quarantine", "quarantine", "Show rows held back; repair and re-admit them."),
    "models": (
        f"{_HOME}.models.list",
        "models",
        "List, show, promote, roll back, compile, certify, export.",
    ),
    "score": (f"{_HOME}.score", "score", "Score rows, or a whole table, by a registered model."),
    "serve": (f"{_HOME}.serve", "serve", "Serve a model over HTTP."),
    "init": (f"{_HOME}.init", "init", "Make a small project of your own."),
    "doctor": (f"{_HOME}.doctor", "doctor", "Check Java, Spark, Delta, MLflow and write access."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sparkops", message="%(prog)s %(version)s")
def cli() -> None:
    """Run typed Spark jobs on pinned Delta tables, checked and recorded; score their models anywhere.

    Exit codes: 0 done, 1 failed, 2 bad input, 3 checks failed, 130 cancelled.
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(answer(sys.argv[1:] if argv is None else argv))


def answer(argv: Sequence[str]) -> int:
    """Run one command line; print an error as one message; return the exit code."""
    words = list(argv)
    debug = "--debug" in words
    logging.getLogger("sparkops").addHandler(logging.NullHandler())
    try:
        result = cli.main(args=words, prog_name="sparkops", standalone_mode=False)
    except Exception as error:
        if debug and not isinstance(error, click.ClickException):
            raise
        return tell(error)
    except KeyboardInterrupt:
        return CANCELLED
    return result if isinstance(result, int) else DONE


def tell(error: Exception) -> int:
    """Print what an error says to a person; return its exit code."""
    if isinstance(error, click.exceptions.Abort):
        return CANCELLED
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
        where = error.filename or "The disk"
        error = errors.ProjectError(f"{where}: {error.strerror}. Give the right to it, or make room.")
    if not isinstance(error, errors.SparkopsError):
        click.echo(
            f"Error: {type(error).__name__}: {error}\nThis was not foreseen; --debug shows where it happened.",
            err=True,
        )
        return FAILED
    click.echo(f"Error: {error}", err=True)
    for note in getattr(error, "__notes__", ()):
        if note.startswith("run "):
            click.echo(f"See: sparkops runs show {note[4:]}   sparkops runs log {note[4:]}", err=True)
    return exit_code(error)


def exit_code(error: errors.SparkopsError) -> int:
    """Return the code that a scheduler reads."""
    if isinstance(error, errors.RunCancelled):
        return CANCELLED
    if isinstance(error, errors.ChecksFailed):
        return CHECKS_FAILED
    return BAD_INPUT if isinstance(error, _BAD_INPUT) else FAILED
