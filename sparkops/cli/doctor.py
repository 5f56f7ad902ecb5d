"""`sparkops doctor`."""

from __future__ import annotations

import click

from sparkops.cli.main import DONE, FAILED
from sparkops.cli.project_options import Where, common
from sparkops.errors import ProjectError


@click.command("doctor")
@click.option("--deep", is_flag=True, help="Start Spark, too, and write and read a Delta table.")
@common
def doctor(where: Where, deep: bool) -> int:
    """Check what sparkops needs, and say how to mend what is missing. Leaves with 1 when something is."""
    from sparkops.doctor import examine

    try:
        settings = where.engine().settings
    except ProjectError:
        if where.project is not None:
            raise
        settings = None
        click.echo("No project here: only the machine is looked at.")
    findings = examine(settings, deep=deep)
    width = max(len(found.name) for found in findings)
    for found in findings:
        click.echo(f"{'ok  ' if found.ok else 'MISS'} {found.name:<{width}}  {found.detail}")
        if not found.ok and found.mend:
            click.echo(f"     {'':<{width}}  -> {found.mend}")
    return DONE if all(found.ok for found in findings) else FAILED
