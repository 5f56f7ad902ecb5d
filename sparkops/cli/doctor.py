"""`sparkops doctor`."""

from __future__ import annotations

import click

from sparkops.cli.display.echo import echo
from sparkops.cli.main import DONE, FAILED
from sparkops.cli.project_options import ProjectOptions, with_project_options
from sparkops.errors import ProjectError


@click.command("doctor")
@click.option("--deep", is_flag=True, help="Also start Spark, and write and read a Delta table.")
@with_project_options
def doctor(project: ProjectOptions, deep: bool) -> int:
    """Check that this machine has what sparkops needs, and that the project's settings, jobs and suites can be read.

    Exit code 1: something is missing or cannot be read.
    """
    from sparkops.doctor import Finding, examine
    from sparkops.engine.operations.project_problems import find_project_problems

    problems: list[Finding] = []
    try:
        engine = project.open_engine()
        settings = engine.project.config.complete
        for part, texts in find_project_problems(engine.container).items():
            problems += [Finding(name=part, ok=False, detail=text) for text in texts]
            if not texts:
                problems.append(Finding(name=part, ok=True, detail="can be read"))
    except ProjectError:
        if project.project is not None:
            raise
        settings = None
        echo("No project here: only this machine is checked.")
    findings = [*examine(settings, deep=deep), *problems]
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        echo(f"{'ok  ' if finding.ok else 'MISS'} {finding.name:<{width}}  {finding.detail}")
        if not finding.ok and finding.fix:
            echo(f"     {'':<{width}}  -> {finding.fix}")
    return DONE if all(finding.ok for finding in findings) else FAILED
