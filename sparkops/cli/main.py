"""The command `sparkops`: its commands, and how errors become messages and exit codes."""

from __future__ import annotations

import errno
import gc
import io
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import click

from sparkops.cli.display.echo import echo, make_printable
from sparkops.cli.lazy_group import LazyCommand
from sparkops.cli.remote.group import RemoteGroup
from sparkops.core.wording import truncate
from sparkops.errors import (
    BadData,
    ChecksFailed,
    DamagedModel,
    DeclarationWarning,
    InputError,
    ProjectError,
    RowError,
    RunCancelled,
    RunTimedOut,
    SignatureMismatch,
    SparkopsError,
    UntrustedModel,
    VersionGone,
)

DONE, FAILED, BAD_INPUT, CHECKS_FAILED, DIFFERENT, TIMED_OUT, CANCELLED = 0, 1, 2, 3, 4, 124, 130

# Errors of the input: the user has to change it, and running the same command again would fail again.
_BAD_INPUT = (
    InputError,
    RowError,
    SignatureMismatch,
    UntrustedModel,
    DamagedModel,
    BadData,
    VersionGone,
)

_NAME_ERRORS = (errno.ENAMETOOLONG, errno.ELOOP)
_DISK_ERRORS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)


def _define_command(module: str, attribute: str, summary: str) -> LazyCommand:
    return LazyCommand(f"sparkops.cli.{module}", attribute, summary)


COMMANDS = {
    "run": _define_command("jobs.run", "run", "Run a job; `sparkops run JOB --help` shows its parameters."),
    "backfill": _define_command(
        "jobs.run", "backfill", "Run a job for many values, in parallel; skip what is up to date."
    ),
    "flow": _define_command("jobs.flow", "flow", "Run jobs in dependency order; skip what is up to date."),
    "plan": _define_command("jobs.plan", "plan", "Show what a flow would run, in which order and why."),
    "jobs": _define_command("jobs.listing", "jobs", "List the project's jobs."),
    "runs": _define_command(
        "runs.group", "runs", "List runs; show, log, resume, cancel, export or compare them; remove old ones."
    ),
    "replay": _define_command(
        "runs.replay", "replay", "Run a recorded run again, and compare the result with what it published."
    ),
    "rollback": _define_command(
        "runs.rollback", "rollback", "Undo a run: its tables and aliases return to what they were before."
    ),
    "lineage": _define_command(
        "lineage", "lineage", "Show what a table or model was made from, and what was made from it."
    ),
    "tables": _define_command(
        "tables", "tables", "List tables; show the history or rows of one; restore one."
    ),
    "check": _define_command("checks", "check", "Run the data-validation checkpoint of a table."),
    "checks": _define_command(
        "checks", "checks", "Check results over time; validate suites; draft new ones."
    ),
    "quarantine": _define_command("quarantine", "quarantine", "Show, repair and release quarantined rows."),
    "streams": _define_command("streams", "streams", "List streaming jobs; let one begin again."),
    "gc": _define_command("gc", "gc", "Remove staged rows that no run needs any more."),
    "models": _define_command(
        "models.group", "models", "List, show, promote, roll back, compile, certify and export models."
    ),
    "score": _define_command("score", "score", "Score rows, or a table, by a registered model."),
    "serve": _define_command("serve", "serve", "Serve a model over HTTP."),
    "api": _define_command("api", "api", "Serve the project's jobs over HTTP."),
    "daemon": _define_command(
        "remote.daemon", "daemon", "Keep Spark warm, so that `sparkops run` starts at once."
    ),
    "init": _define_command("init", "init", "Create a small project."),
    "doctor": _define_command("doctor", "doctor", "Check Java, Spark, Delta, MLflow and write access."),
}


@click.group(
    cls=RemoteGroup,
    lazy_commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="sparkops", message="%(prog)s %(version)s")
@click.option(
    "--remote",
    envvar="SPARKOPS_REMOTE",
    metavar="URL",
    help="Ask the service at this address (`sparkops api`), for run, jobs and runs. [variable SPARKOPS_REMOTE]",
)
@click.option(
    "--token-file",
    envvar="SPARKOPS_TOKEN_FILE",
    metavar="FILE",
    help="With --remote: file with a token. [variable SPARKOPS_TOKEN_FILE; SPARKOPS_TOKEN is a token]",
)
def cli(**_: Any) -> None:
    """Run typed Spark jobs on pinned Delta tables, checked and recorded; score their models anywhere.

    Exit codes: 0 done, 1 failed, 2 bad input, 3 checks failed, 4 a replay differs, 124 timed out, 130 cancelled.
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line, and exit with its exit code."""
    exit_code = run_command(sys.argv[1:] if argv is None else argv)
    if "pyspark" not in sys.modules:
        # No job ran. Python's last collection would examine all that was imported: a tenth of a short command's time.
        gc.freeze()
    sys.exit(exit_code)


def run_command(argv: Sequence[str]) -> int:
    """Run one command line, print an error as one message, and return the exit code."""
    debug = "--debug" in argv
    # Filled by the command when it has read the configuration.
    secrets: set[str] = set()
    logging.getLogger("sparkops").addHandler(logging.NullHandler())
    project_warnings = _WarningLines()
    logging.getLogger("sparkops.project").addHandler(project_warnings)
    try:
        with _mask_warnings(secrets):
            result = cli.main(args=list(argv), prog_name="sparkops", standalone_mode=False, obj=secrets)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is printed without secrets
        project_warnings.print_all(secrets, error)
        # For `replay`, --debug means the debugger: only an unexpected error is shown with its traceback.
        is_expected = isinstance(error, SparkopsError) and list(argv[:1]) == ["replay"]
        if debug and not isinstance(error, click.ClickException) and not is_expected:
            echo("".join(traceback.format_exception(error)), nl=False, err=True, secrets=secrets)
            return find_exit_code(error) if isinstance(error, SparkopsError) else FAILED
        return print_error(error, secrets)
    except KeyboardInterrupt:
        return CANCELLED
    finally:
        project_warnings.print_all(secrets)
        logging.getLogger("sparkops.project").removeHandler(project_warnings)
    return result if isinstance(result, int) else DONE


class _WarningLines(logging.Handler):
    """Collects warnings about a project, and prints them on standard error when the command ends.

    Then it is known what stopped the command: a warning about the same problem is not printed beside the error.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        # By message: the text that an error about the same problem contains.
        self._messages: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one warning."""
        message = record.getMessage()
        self._messages[message] = getattr(record, "problem", message)

    def print_all(self, secrets: Iterable[str], error: Exception | None = None) -> None:
        """Print the warnings that are not in the text of an error, each once."""
        text = str(error) if error is not None else ""
        for message, problem in self._messages.items():
            if problem not in text:
                echo(f"Warning: {message}", err=True, secrets=secrets)
        self._messages.clear()


@contextmanager
def _mask_warnings(secrets: set[str]) -> Iterator[None]:
    """Print warnings in the block without these secrets; each one about a declaration once, as a message."""
    with warnings.catch_warnings():
        show = warnings.showwarning
        # A project's files may be imported twice: with placeholders for Spark, then with Spark.
        printed: set[str] = set()

        def print_warning(
            message: Warning | str, category: type[Warning], *rest: Any, **options: Any
        ) -> None:
            if issubclass(category, DeclarationWarning):
                if str(message) not in printed:
                    echo(f"Warning: {message}", err=True, secrets=secrets)
                printed.add(str(message))
            else:
                show(make_printable(str(message), secrets), category, *rest, **options)

        warnings.showwarning = cast("Any", print_warning)
        yield


def print_error(error: Exception, secrets: Iterable[str] | None = None) -> int:
    """Print an error for the user, without secrets and credentials of URLs; return its exit code.

    Args:
        error: The error.
        secrets: The secrets; by default those of the command that runs.
    """
    if isinstance(error, click.exceptions.Abort):
        return CANCELLED
    if isinstance(error, click.ClickException):
        shown = io.StringIO()
        error.show(shown)
        echo(shown.getvalue(), nl=False, err=True, secrets=secrets)
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        # The reader of standard output is gone; without this, Python reports that again at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    if isinstance(error, OSError):
        error = _translate_os_error(error)
    if not isinstance(error, SparkopsError):
        text = f"{type(error).__name__}: {error}"
        echo(
            f"Error: {text}\nUnexpected error; run with --debug to see the traceback.",
            err=True,
            secrets=secrets,
        )
        return FAILED
    echo(f"Error: {error}", err=True, secrets=secrets)
    for note in getattr(error, "__notes__", ()):
        if note.startswith("run "):
            run_id = note.removeprefix("run ")
            echo(f"See: sparkops runs show {run_id}   sparkops runs log {run_id}", err=True)
    return find_exit_code(error)


def _translate_os_error(error: OSError) -> Exception:
    """Return the error to show where a name or the disk is the cause; any other error unchanged."""
    if error.errno in _NAME_ERRORS:
        return InputError(f"`{truncate(str(error.filename), 100)}`: {error.strerror}. Give another name.")
    if error.errno in _DISK_ERRORS:
        path = error.filename or "The disk"
        return ProjectError(f"{path}: {error.strerror}. Give write access, or free space.")
    return error


def find_exit_code(error: SparkopsError) -> int:
    """Return the exit code of an error."""
    if isinstance(error, RunCancelled):
        return CANCELLED
    if isinstance(error, RunTimedOut):
        return TIMED_OUT
    if isinstance(error, ChecksFailed):
        return CHECKS_FAILED
    return BAD_INPUT if isinstance(error, _BAD_INPUT) else FAILED
