"""`sparkops models show`, `models promote` and `models rollback`: registered versions and their aliases."""

from __future__ import annotations

from collections.abc import Iterator

import click

from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.format import format_time
from sparkops.cli.display.run_lines import format_gate
from sparkops.cli.project_options import VERSION, ProjectOptions, json_option, with_project_options
from sparkops.core.wording import format_count
from sparkops.pipeline.json_values.models import gate_to_json, model_version_to_json
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.scoring.locate.model_uri import parse_model_uri


@click.command("show", short_help="Show one version of a model.")
@click.argument("name", metavar="MODEL")
@json_option("lines")
@with_project_options
def show(project: ProjectOptions, name: str, as_json: bool) -> None:
    """Show one version: MODEL is a name (its champion), name/3 or name@alias."""
    version = project.open_registry().show(*parse_model(name))
    if as_json:
        echo_json(model_version_to_json(version))
        return
    for line in format_version(version):
        echo(line)


@click.command("promote", short_help="Set an alias, `champion` by default, to a version.")
@click.argument("name", metavar="MODEL")
@click.option("--alias", default="champion", show_default=True, metavar="NAME", help="The alias to set.")
@click.option(
    "--force", is_flag=True, help="Set `champion` even if a gate failed when the version was registered."
)
@with_project_options
def promote(project: ProjectOptions, name: str, alias: str, force: bool) -> None:
    """Set an alias to a version: MODEL is name/3, or a name for its newest version."""
    bare_name, version = parse_model(name)
    promoted = project.open_registry().promote(bare_name, version, alias=alias, force=force)
    echo(f"{promoted.name}@{alias} is version {promoted.version}.")


@click.command("rollback", short_help="Make an earlier champion the champion again.")
@click.argument("name", metavar="MODEL")
@click.option(
    "--to", type=VERSION, metavar="VERSION", help="The earlier champion; the one before by default."
)
@with_project_options
def rollback(project: ProjectOptions, name: str, to: int | None) -> None:
    """Make the champion before this one the champion again; each further rollback goes back by one more."""
    registry, bare_name = project.open_registry(), parse_model(name)[0]
    replaced = registry.show(bare_name).version
    champion = registry.rollback(bare_name, to=to)
    echo(f"{champion.name}@champion is version {champion.version} again; it was {replaced}.")


def parse_model(text: str) -> tuple[str, str | None]:
    """Parse `name`, `name/3` or `name@alias`, with or without `models:/` before it."""
    name, version = parse_model_uri(text)
    return name, None if text.removeprefix("models:").lstrip("/") == name else version


def format_version(version: ModelVersionInfo) -> Iterator[str]:
    """Yield the lines that show a model version."""
    yield f"Model    {version.name}/{version.version}  {' '.join('@' + alias for alias in version.aliases)}"
    yield f"URI      {version.uri}"
    if version.time:
        run = f" by run {version.run_id}" if version.run_id else ""
        yield f"Created  {format_time(version.time)}{run}"
    tables = ", ".join(f"{table} version {number}" for table, number in version.tables.items())
    if version.source:
        yield f"Source   {version.source['folder']}, files {version.source['sha256'][:12]}"
    else:
        yield f"Trained  {tables or 'tables unknown'}"
    metrics = ", ".join(f"{name} {value:.6g}" for name, value in version.metrics.items())
    yield f"Metrics  {metrics or '-'}"
    for gate in version.gates:
        yield f"Gate     {format_gate(gate_to_json(gate))}"
    yield from _format_scorer(version)


def _format_scorer(version: ModelVersionInfo) -> Iterator[str]:
    if version.flavor:
        count = format_count(version.parity, "row")
        yield f"Scorer   {'; '.join(version.reasons)}"
        yield f"State    certified: {count} equal row by row, in a batch and by the fitted model"
        return
    if not version.compiled:
        if version.row_milliseconds:
            yield (
                f"Scorer   none: rows are scored by a warm local Spark, about {version.row_milliseconds:.0f} ms each; "
                f"{format_count(version.parity, 'row')} equal to Spark's"
            )
        else:
            yield "Scorer   none: Spark scores tables, and no single rows"
        yield from (f"         {reason}" for reason in version.reasons)
        yield from _format_rules(version)
        return
    yield f"Scorer   compiled; {version.parity} rows equal to Spark's"
    if version.benchmark:
        arrow, transform, rows = (version.benchmark[key] for key in ("mapInArrow", "transform", "rows"))
        yield (
            f"Batch    {arrow:g} us a row by mapInArrow, {transform:g} by transform "
            f"({rows:,.0f} rows, when it was registered)"
        )
    yield from _format_rules(version)


def _format_rules(version: ModelVersionInfo) -> Iterator[str]:
    if version.rules or version.left_out:
        omitted = len(version.left_out)
        yield f"Rules    {version.rules} for rows, from the checks of its tables; omitted: {omitted}"
        yield from (f"         {reason}" for reason in version.left_out)
