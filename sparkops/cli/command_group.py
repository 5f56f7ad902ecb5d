"""A click group that says, for an unknown command, which command was probably meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from sparkops.cli.project_options import ProjectOptions, find_project_option
from sparkops.core.wording import did_you_mean, truncate
from sparkops.errors import SparkopsError


class CommandGroup(click.Group):
    """A click group that suggests commands for an unknown one.

    It suggests those with a similar name. If the word is the name of a table, job or model of the project, it suggests
    the command that takes this name.

    Args:
        table_command: The command line to suggest for the name of a table, without the name.
        job_command: The same for the name of a job.
        model_command: The same for the name of a model.
    """

    def __init__(
        self,
        *args: Any,
        table_command: str = "sparkops tables show",
        job_command: str = "sparkops run",
        model_command: str = "sparkops models show",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.command_lines = {"table": table_command, "job": job_command, "model": model_command}

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command.

        Raises:
            click.UsageError: It is unknown; the message suggests others.
        """
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            word, *rest = args
            similar = did_you_mean(word, self.list_commands(ctx), limit=3)
            sentences = [
                f"No command `{truncate(word, 100)}`.{similar}",
                *self._suggest_by_object(ctx, word, rest),
            ]
            if not similar and len(sentences) == 1:
                sentences.append(f"Commands: {', '.join(self.list_commands(ctx))}.")
            raise click.UsageError(" ".join(sentences), ctx)
        return super().resolve_command(ctx, args)

    def _suggest_by_object(self, ctx: click.Context, word: str, rest: Sequence[str]) -> Iterator[str]:
        """Yield the command line for each table, job and model of this name."""
        project = ProjectOptions(
            ctx.params.get("project") or find_project_option(rest),
            ctx.params.get("env"),
            ctx.params.get("overrides", ()),
        )
        try:
            kinds = _find_kinds(word, project)
        except SparkopsError:
            # Without a project, or with mistakes in it, the word itself is the problem to report.
            return
        for kind in kinds:
            yield f"For {kind} `{word}`: `{self.command_lines[kind]} {word}`."


def _find_kinds(name: str, project: ProjectOptions) -> list[str]:
    """Return which of table, job and model have this name in a project."""
    from sparkops.tables.catalog import Catalog

    engine = project.open_engine()
    jobs = engine.project.declared
    names = {
        "table": Catalog(engine.settings).list_names(),
        "job": jobs,
        "model": [job.registers for job in jobs.values()],
    }
    return [kind for kind, members in names.items() if name in members]
