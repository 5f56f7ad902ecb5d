"""The group `sparkops models`: the list of registered versions, and the commands about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sparkops.cli.display.echo import echo_json
from sparkops.cli.display.table import print_table
from sparkops.cli.lazy_group import LazyCommand, LazyGroup
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options
from sparkops.pipeline.json_values.models import model_version_to_json
from sparkops.pyfunc.worker.flavor_names import format_flavor

if TYPE_CHECKING:
    from sparkops.pipeline.model_version_info import ModelVersionInfo

# Each is imported when it is called: the list of models needs none of what they import.
_COMMANDS = {
    "certify": LazyCommand("sparkops.cli.models.certify", "certify"),
    "compile": LazyCommand("sparkops.cli.models.compile", "compile_model"),
    "export": LazyCommand("sparkops.cli.models.export", "export"),
    "promote": LazyCommand("sparkops.cli.models.versions", "promote"),
    "rollback": LazyCommand("sparkops.cli.models.versions", "rollback"),
    "servable": LazyCommand("sparkops.cli.models.servable", "servable"),
    "show": LazyCommand("sparkops.cli.models.versions", "show"),
}


@click.group("models", cls=LazyGroup, lazy_commands=_COMMANDS, invoke_without_command=True)
@json_option()
@click.pass_context
@with_project_options
def models(project: ProjectOptions, ctx: click.Context, as_json: bool) -> None:
    """List registered model versions, newest first."""
    if ctx.invoked_subcommand:
        return
    versions = project.open_registry().list()
    if as_json:
        echo_json([model_version_to_json(version) for version in versions])
        return
    rows = [
        {
            "model": f"{version.name}/{version.version}",
            "aliases": version.aliases,
            "metrics": [f"{name}={value:.4g}" for name, value in version.metrics.items()],
            "scored by": _describe_scoring(version),
            "run": version.run_id,
            "registered": version.time,
        }
        for version in versions
    ]
    print_table(rows, empty="No models yet: a job that returns a Model registers one.")


def _describe_scoring(version: ModelVersionInfo) -> str:
    if version.flavor:
        return format_flavor(version.flavor)
    if version.row_milliseconds:
        return "warm local Spark"
    return "compiled scorer" if version.compiled else "Spark, tables only"
