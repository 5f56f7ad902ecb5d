"""`sparkops doctor`."""

from __future__ import annotations

import click

from sparkops.cli.main import DONE, FAILED
from sparkops.cli.project_options import ProjectOptions, with_project_options
from sparkops.errors import ProjectError


@click.command("doctor")
@click.option("--deep", is_flag=True, help="Also start Spark, and write and read a Delta table.")
@with_project_options
def doctor(project: ProjectOptions, deep: bool) -> int:
    """Check that this machine has what sparkops needs, and show how to install what is missing.

    Exit code 1: something is missing.
    """
    from sparkops.doctor import examine

    try:
        settings = project.engine().settings
    except ProjectError:
        if project.project is not None:
            raise
        settings = None
        click.echo("No project here: only this machine is checked.")
    findings = examine(settings, deep=deep)
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        click.echo(f"{'ok  ' if finding.ok else 'MISS'} {finding.name:<{width}}  {finding.detail}")
        if not finding.ok and finding.fix:
            click.echo(f"     {'':<{width}}  -> {finding.fix}")
    return DONE if all(finding.ok for finding in findings) else FAILED
