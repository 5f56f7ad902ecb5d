"""`sparkops runs diff`: what two runs do not share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.format import format_duration, format_value
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options
from sparkops.core.wording import truncate
from sparkops.runs.compare.difference import SECTIONS, RunComparison, RunDifference, Section, diff_to_json
from sparkops.runs.compare.summary import describe_change

_MAX_VALUE = 60
_MIN_SECONDS = 0.1


@click.command("diff", short_help="Show what two runs do not share.")
@click.argument("before", metavar="RUN")
@click.argument("after", metavar="OTHER")
@json_option("text")
@with_project_options
def diff(project: ProjectOptions, before: str, after: str, as_json: bool) -> None:
    """Show what RUN and OTHER do not share: parameters, code, settings, inputs, results, and time by step.

    The first lines say what differs in the results, and why, as far as the records and the logs of the tables show it.
    Both are an id, the beginning or end of one, or `last`. The exit code is 0 whether the runs differ or not.
    """
    comparison = project.open_engine().diff(before, after)
    if as_json:
        echo_json(diff_to_json(comparison))
        return
    for line in _format_diff(comparison):
        echo(line)


def _format_diff(comparison: RunComparison) -> Iterator[str]:
    jobs = [f" ({job})" for job in comparison.jobs]
    yield f"{comparison.before}{jobs[0]} to {comparison.after}{jobs[1]}"
    yield ""
    yield from comparison.summary
    for section in SECTIONS:
        differences = [difference for difference in comparison.select(section) if _is_shown(difference)]
        if differences:
            yield ""
            yield f"{section.capitalize()}:"
            yield from (f"  {_format_difference(section, difference)}" for difference in differences)


def _is_shown(difference: RunDifference) -> bool:
    """Return False for a step that took about as long in both runs; --json has these, too."""
    if difference.section != "time" or None in (difference.before, difference.after):
        return True
    return bool(abs(difference.after - difference.before) >= _MIN_SECONDS)


def _format_difference(section: Section, difference: RunDifference) -> str:
    before, after = (_format(section, value) for value in (difference.before, difference.after))
    detail = "; ".join(filter(None, (difference.detail, describe_change(difference.change))))
    return f"{difference.name}: {before} -> {after}" + (f"  ({detail})" if detail else "")


def _format(section: Section, value: Any) -> str:
    if value is None:
        return "-"
    if section == "time":
        return format_duration(value)
    if section == "inputs" and isinstance(value, int):
        return f"version {value}"
    if section == "rows":
        return f"{value:,}"
    return truncate(value if isinstance(value, str) else format_value(value), _MAX_VALUE)
