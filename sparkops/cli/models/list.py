"""`sparkops models`: list, show, promote, rollback; compile, certify, export and servable stand in files of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from sparkops.cli.display.table import rows_of, table, when
from sparkops.cli.models.compile import certify, compile_model
from sparkops.cli.models.export import export
from sparkops.cli.models.servable import servable
from sparkops.cli.project_options import Where, common
from sparkops.pipeline.json_values import registered_json
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.pyfunc.worker.flavor_names import label
from sparkops.scoring.locate.model_uri import parse


@click.group("models", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
@click.pass_context
@common
def models(where: Where, ctx: click.Context, as_json: bool) -> None:
    """List registered model versions, newest first."""
    if ctx.invoked_subcommand:
        return
    found = where.engine().models.list()
    if as_json:
        click.echo(json.dumps([registered_json(model) for model in found], indent=2, default=str))
        return
    rows = [
        {
            "model": f"{model.name}/{model.version}",
            "aliases": model.aliases,
            "metrics": [f"{name}={value:.4g}" for name, value in model.metrics.items()],
            "scored by": _scored_by(model),
            "run": model.run_id,
            "registered": model.time,
        }
        for model in found
    ]
    table(rows, empty="No models yet: a job that returns a Model registers one.")


@models.command("show", short_help="Show one version of a model.")
@click.argument("name", metavar="MODEL")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of lines.")
@common
def show(where: Where, name: str, as_json: bool) -> None:
    """Show one version: MODEL is a name (its champion), name/3 or name@alias."""
    found = where.engine().models.show(*split(name))
    if as_json:
        click.echo(json.dumps(registered_json(found), indent=2, default=str))
        return
    for line in sheet(found):
        click.echo(line)


@models.command("promote", short_help="Point an alias, `champion` by default, at a version.")
@click.argument("name", metavar="MODEL")
@click.option(
    "--alias", default="champion", show_default=True, metavar="NAME", help="Which alias moves to it."
)
@click.option("--force", is_flag=True, help="Make it champion though a gate failed when it was registered.")
@common
def promote(where: Where, name: str, alias: str, force: bool) -> None:
    """Point an alias at a version: MODEL is name/3, or a name for its newest version."""
    bare, at = split(name)
    done = where.engine().models.promote(bare, at, alias=alias, force=force)
    click.echo(f"{done.name}@{alias} is version {done.version}.")


@models.command("rollback", short_help="Make the `previous` version the champion again.")
@click.argument("name", metavar="MODEL")
@common
def rollback(where: Where, name: str) -> None:
    """Make the `previous` version the champion again."""
    done = where.engine().models.rollback(split(name)[0])
    click.echo(f"{done.name}@champion is version {done.version}.")


for _command in (compile_model, certify, export, servable):
    models.add_command(_command)


def split(text: str) -> tuple[str, str | None]:
    """Read `name`, `name/3` or `name@alias`, with or without `models:/` before it."""
    name, at = parse(text)
    return name, None if text.removeprefix("models:").lstrip("/") == name else at


def _scored_by(model: ModelVersionInfo) -> str:
    if model.flavor:
        return label(model.flavor)
    return "compiled scorer" if model.compiled else "Spark"


def sheet(model: ModelVersionInfo) -> Iterator[str]:
    """Yield the lines that tell a model version."""
    yield f"Model    {model.name}/{model.version}  {' '.join('@' + alias for alias in model.aliases)}"
    yield f"URI      {model.uri}"
    if model.time:
        yield f"Made     {when(model.time)}" + (f" by run {model.run_id}" if model.run_id else "")
    yield f"Trained  {', '.join(f'{t} version {v}' for t, v in model.tables.items()) or 'tables unknown'}"
    yield f"Metrics  {', '.join(f'{name} {value:.6g}' for name, value in model.metrics.items()) or '-'}"
    for gate in model.gates:
        beside = f" (champion {gate.champion:.6g})" if gate.champion is not None else ""
        yield f"Gate     {gate.rule}: {gate.value:.6g}{beside} {'passed' if gate.passed else 'FAILED'}"
    if model.flavor:
        yield f"Scorer   {'; '.join(model.reasons)}"
        yield f"State    certified: {rows_of(model.parity)} equal row by row, in a batch and by the fitted model"
    elif model.compiled:
        yield f"Scorer   compiled; {model.parity} rows equal to Spark's"
        if model.race:
            yield (
                f"Batch    {model.race['mapInArrow']:g} us a row by mapInArrow, {model.race['transform']:g} by transform "
                f"({model.race['rows']:,.0f} rows, when it was registered)"
            )
        if model.rules or model.left_out:
            yield f"Rules    {model.rules} for rows, from the checks of its tables; left out: {len(model.left_out)}"
            yield from (f"         {one}" for one in model.left_out)
    else:
        yield "Scorer   none: scored by Spark"
        yield from (f"         {reason}" for reason in model.reasons)
