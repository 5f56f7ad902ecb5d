"""`sparkops check` and `sparkops checks`: history, validate, suggest, drift."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from sparkops.cli.command_group import CommandGroup
from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.format import format_time
from sparkops.cli.main import CHECKS_FAILED, DONE
from sparkops.cli.project_options import (
    VERSION,
    ProjectOptions,
    json_option,
    limit_option,
    version_option,
    with_project_options,
)
from sparkops.core.wording import format_count
from sparkops.errors import InputError
from sparkops.pipeline.json_values.checks import check_to_json

if TYPE_CHECKING:
    from sparkops.engine.operations.suites import SuiteSuggestion


@click.command("check")
@click.argument("name", metavar="TABLE")
@version_option()
@json_option("lines")
@click.option(
    "--failing",
    type=click.File("w", encoding="utf-8", atomic=True),
    metavar="FILE",
    help="Write every row that failed a check to this file, with its reasons, as lines of JSON.",
)
@click.option("--again", is_flag=True, help="Compute the result even if this version was checked before.")
@with_project_options
def check(
    project: ProjectOptions,
    name: str,
    version: int | None,
    as_json: bool,
    failing: TextIO | None,
    again: bool,
) -> int:
    """Run conf/checks/TABLE.yml on TABLE as it is. Exit code 3: a check failed.

    A version that the same file has checked before, here or in the run that published it, is not checked again.
    """
    from sparkops.cli.display.check_lines import format_checks

    with project.open_engine() as engine:
        result = engine.check(name, at=version, again=again or failing is not None)
        if failing is not None:
            for line in result.iterate_failing_lines():
                print(line, file=failing)
    results = [check_to_json(check) for check in result.results]
    if as_json:
        echo_json(results)
    else:
        for line in format_checks(results):
            echo(line)
        echo(f"{name} version {result.version}: {result.summary}")
        if result.earlier:
            time = format_time(datetime.fromisoformat(result.earlier.time))
            echo(f"Checked by {result.earlier.run} at {time}; --again checks it again.")
        if result.docs:
            echo(f"Data Docs: {result.docs}")
    return CHECKS_FAILED if result.blocked else DONE


@click.group("checks", cls=CommandGroup, table_command="sparkops checks history")
def checks() -> None:
    """Check results over time; validate suites; draft new ones."""


@checks.command("history", short_help="Show the results of each expectation of a table over time.")
@click.argument("name", metavar="TABLE")
@limit_option("Number of newest runs.")
@click.option("--expectation", metavar="NAME", help="Only expectations with this in their name.")
@json_option()
@with_project_options
def history(project: ProjectOptions, name: str, limit: int, expectation: str | None, as_json: bool) -> None:
    """Show the results of each expectation of TABLE over time: last result, last failure, plot (oldest run first)."""
    from sparkops.cli.display.expectation_history import format_histories
    from sparkops.engine.operations.expectation_history import history_to_json, read_expectation_histories

    container = project.open_engine().container
    histories = read_expectation_histories(container, name, runs=limit, expectation=expectation)
    if as_json:
        echo_json([history_to_json(history) for history in histories])
        return
    for line in format_histories(name, histories):
        echo(line, styled=True)


@checks.command("validate", short_help="Validate suites, without Spark where possible.")
@click.argument("name", metavar="[TABLE]", required=False)
@with_project_options
def validate(project: ProjectOptions, name: str | None) -> None:
    """Validate TABLE's suite, or all suites of the project.

    Names and arguments are validated by Great Expectations; columns are compared with those of the table as it is.
    Spark starts only for SQL conditions, queries, unusual regular expressions and column types, and only until it has
    found a suite valid once.
    """
    from sparkops.engine.operations.suites import validate_suites

    with project.open_engine() as engine:
        validations = validate_suites(engine.container, name)
    for suite in validations:
        columns = "its columns fit" if suite.columns_known else "its columns are known once it is computed"
        echo(f"{suite.table}: {format_count(suite.expectations, 'expectation')}; {columns}")
        if suite.unchecked_reason:
            echo(
                f"{suite.table}: SQL conditions and unusual regular expressions are checked when a run starts, "
                f"because Spark is not available here: {suite.unchecked_reason}",
                err=True,
            )


@checks.command("suggest")
@click.argument("name", metavar="TABLE")
@version_option()
@click.option(
    "--into",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the draft to this file, which must not exist; by default it is printed.",
)
@with_project_options
def suggest(project: ProjectOptions, name: str, version: int | None, into: Path | None) -> None:
    """Draft a commented suite for TABLE.

    The draft is YAML with the names of Great Expectations, made from the rows of TABLE, for you to edit. If TABLE has a
    suite, this also shows how its columns differ from that suite.
    """
    from sparkops.engine.operations.suites import suggest_suite

    if into is not None and into.exists():
        raise _explain_existing_file(into)
    with project.open_engine() as engine:
        suggestion = suggest_suite(engine.container, name, at=version)
    if suggestion.suite is not None:
        echo(_describe_drift(suggestion), err=True)
    if into is None:
        echo(suggestion.text, nl=False)
        return
    _write_new_file(into, suggestion.text)
    echo(
        f"Wrote {into}. Review each line; `sparkops check {name}` runs it from conf/checks/{name}.yml.",
        err=True,
    )


@checks.command("drift")
@click.argument("name", metavar="TABLE")
@click.option(
    "--from",
    "since",
    type=VERSION,
    metavar="VERSION",
    help="Older version; by default the oldest of the newest 20.",
)
@with_project_options
def drift(project: ProjectOptions, name: str, since: int | None) -> None:
    """Show how TABLE's columns changed."""
    from sparkops.engine.operations.drift import describe_schema_drift

    with project.open_engine() as engine:
        changed = describe_schema_drift(engine.container.tables, name, since=since)
    for change in changed.changes:
        echo(f"version {change.version}: {change.description}")
    if not changed.changes:
        echo(f"The columns of `{name}` are those of version {changed.oldest} (now version {changed.newest}).")


def _describe_drift(suggestion: SuiteSuggestion) -> str:
    """Return how the columns of a table differ from its suite."""
    version = "" if suggestion.version is None else f" version {suggestion.version}"
    if not suggestion.drift:
        return f"{suggestion.suite}: its columns are those of `{suggestion.table}`{version}."
    lines = "\n".join(f"  - {sentence}" for sentence in suggestion.drift)
    return f"{suggestion.suite} and `{suggestion.table}`{version} differ:\n{lines}"


def _write_new_file(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _explain_existing_file(path) from None
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}. Name a file in a folder that you can write to."
        ) from error


def _explain_existing_file(path: Path) -> InputError:
    return InputError(f"{path} exists already, and may have been edited. Name a new file, or delete it.")
