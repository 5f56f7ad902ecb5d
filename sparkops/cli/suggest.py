"""`sparkops checks suggest` and `drift`: a commented suite drafted from a table, and how its columns changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparkops.cli.project_options import Where, common
from sparkops.errors import InputError

if TYPE_CHECKING:
    from sparkops.engine.operations.suites import Suggestion


@click.command("suggest")
@click.argument("name", metavar="TABLE")
@click.option("--at", "version", type=int, metavar="VERSION", help="Version; the newest by default.")
@click.option(
    "--into",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it there, where there is no such file yet; on the terminal by default.",
)
@common
def suggest(where: Where, name: str, version: int | None, into: Path | None) -> None:
    """Draft a commented suite for TABLE.

    It is YAML by Great Expectations' names, from what stands in TABLE now, for a person to edit. Where TABLE has a suite, tell what of its columns that suite no longer fits.
    """
    from sparkops.engine.operations.suites import suggest as drafted

    if into is not None and into.exists():
        raise _there(into)
    with where.engine() as engine:
        found = drafted(engine, name, at=version)
    if found.suite is not None:
        click.echo(_drift(found), err=True)
    if into is None:
        click.echo(found.text, nl=False)
        return
    _write(into, found.text)
    click.echo(
        f"Wrote {into}. Read each line; `sparkops check {name}` runs it from conf/checks/{name}.yml.",
        err=True,
    )


@click.command("drift")
@click.argument("name", metavar="TABLE")
@click.option(
    "--from",
    "since",
    type=int,
    metavar="VERSION",
    help="Older version; by default the oldest of the newest 20.",
)
@common
def drift(where: Where, name: str, since: int | None) -> None:
    """Tell how TABLE's columns changed."""
    from sparkops.engine.operations.drift import drifted

    with where.engine() as engine:
        found = drifted(engine, name, since=since)
    for change in found.changes:
        click.echo(f"version {change.version}: {change.told}")
    if not found.changes:
        click.echo(
            f"The columns of `{name}` are those of version {found.oldest} (now version {found.newest})."
        )


def _drift(found: Suggestion) -> str:
    at = "" if found.version is None else f" version {found.version}"
    if not found.drift:
        return f"{found.suite}: its columns are those of `{found.table}`{at}."
    lines = "\n".join(f"  - {sentence}" for sentence in found.drift)
    return f"{found.suite} and `{found.table}`{at} differ:\n{lines}"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _there(path) from None
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}. Name a file that can.") from error


def _there(path: Path) -> InputError:
    return InputError(
        f"{path} is there already, and a person may have edited it. Name a new file, or remove that one."
    )
