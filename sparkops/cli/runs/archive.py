"""`sparkops runs export` and `runs import`: a run as one file."""

from __future__ import annotations

from pathlib import Path

import click

from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.format import format_bytes, format_state
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options
from sparkops.runs.records.run import run_to_json


@click.command("export", short_help="Write a run, with its logs, to one file.")
@click.argument("run_id", metavar="RUN")
@click.argument("file", type=click.Path(path_type=Path))
@json_option("a sentence")
@with_project_options
def export(project: ProjectOptions, run_id: str, file: Path, as_json: bool) -> None:
    """Write a run, with its logs, to FILE, a zip archive that `runs import` reads.

    Secrets are masked in it, as in the record. Tables and models are not in it.
    """
    exported = project.open_engine().export_run(run_id, file)
    if as_json:
        facts = {"run": exported.run, "file": str(exported.path), "files": dict(exported.files)}
        echo_json(facts)
        return
    size = format_bytes(sum(exported.files.values()))
    echo(f"Run {exported.run} is in {exported.path}: {', '.join(exported.files)} ({size}).")


@click.command("import", short_help="Add the run of an exported file.")
@click.argument("file", type=click.Path(path_type=Path))
@json_option("a sentence")
@with_project_options
def import_(project: ProjectOptions, file: Path, as_json: bool) -> None:
    """Add the run of FILE, which `runs export` wrote, to the runs of this project.

    A file that is damaged is refused, and a run of the project is never replaced.
    """
    imported = project.open_engine().import_run(file)
    run = imported.run
    if as_json:
        echo_json({"is_new": imported.is_new, "run": run_to_json(run)})
    elif imported.is_new:
        echo(f"Run {run.id} of job {run.job} ({format_state(run.state)}) was added.")
    else:
        echo(f"Run {run.id} of job {run.job} is in this project already.")
