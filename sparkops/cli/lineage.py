"""`sparkops lineage`: what a table or model was made from, and what was made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click

from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.format import format_state, format_time
from sparkops.cli.project_options import COUNT, ProjectOptions, json_option, with_project_options
from sparkops.core.wording import format_count
from sparkops.errors import InputError
from sparkops.runs.fingerprint import describe_changes
from sparkops.runs.lineage.graph import (
    Direction,
    Lineage,
    LineageNode,
    describe_node,
    format_dot,
    lineage_to_json,
)


@click.command("lineage", short_help="Show what a table or model was made from, and what was made from it.")
@click.argument("name", metavar="TABLE[@VERSION]|MODEL[/VERSION]")
@click.option("--up", is_flag=True, help="Only what it was made from.")
@click.option("--down", is_flag=True, help="Only what was made from it.")
@click.option(
    "--depth",
    type=COUNT,
    metavar="NUMBER",
    help="Follow so many runs in each direction; all by default.",
)
@click.option("--dot", is_flag=True, help="A graph for Graphviz instead of a tree.")
@json_option("a tree")
@with_project_options
def lineage(
    project: ProjectOptions, name: str, up: bool, down: bool, depth: int | None, dot: bool, as_json: bool
) -> None:
    """Show the runs that made a version of a table or model, with their code and checks, and what was made from it.

    Without a version, the newest that a recorded run read or wrote. Runs that published nothing are not shown.
    """
    if dot and as_json:
        raise InputError("Give --dot or --json, not both.")
    direction: Direction = "both" if up == down else "up" if up else "down"
    traced = project.open_engine().lineage(name, direction=direction, depth=depth)
    if as_json:
        echo_json(lineage_to_json(traced))
        return
    for line in format_dot(traced) if dot else _format_tree(traced, direction):
        echo(line)


def _format_tree(traced: Lineage, direction: Direction) -> Iterator[str]:
    root = traced.nodes[traced.root]
    yield _describe(root)
    if direction != "down":
        yield "Made from:"
        yield from _format_branches(traced.list_sources, traced, root.id) or ["  nothing recorded"]
    if direction != "up":
        yield "Used by:"
        yield from _format_branches(traced.list_targets, traced, root.id) or ["  no recorded run"]


def _format_branches(follow: Callable[[str], tuple[str, ...]], traced: Lineage, root: str) -> list[str]:
    """Return a line for each node that is reached from the root; a node that comes again is not followed again."""
    lines: list[str] = []
    seen = {root}
    stack = [(node, 1) for node in reversed(follow(root))]
    while stack:
        node, level = stack.pop()
        is_repeated = node in seen and bool(follow(node))
        lines.append(f"{'  ' * level}{_describe(traced.nodes[node])}{' (see above)' if is_repeated else ''}")
        if not is_repeated:
            seen.add(node)
            stack.extend((further, level + 1) for further in reversed(follow(node)))
    return lines


def _describe(node: LineageNode) -> str:
    facts = node.facts
    if node.kind == "run":
        return ", ".join([describe_node(node), *_describe_run(node)])
    if node.kind == "source":
        return f"{describe_node(node)} (files {facts['files']})"
    if node.kind == "table" and "rows" in facts:
        return f"{describe_node(node)}, {format_count(facts['rows'], 'row')} written"
    metrics = [f"{name} = {value:.6g}" for name, value in (facts.get("metrics") or {}).items()]
    if metrics:
        return f"model {describe_node(node)}, {', '.join(metrics)}"
    unrecorded = "" if facts["recorded"] else " (no recorded run made it)"
    return f"{'model ' if node.kind == 'model' else ''}{describe_node(node)}{unrecorded}"


def _describe_run(node: LineageNode) -> Iterator[str]:
    """Yield state, start, code and checks of a run."""
    facts = node.facts
    started = f" {format_time(facts['started'])}" if facts["started"] else ""
    yield format_state(facts["state"]) + started
    code = facts["code"]
    if code.get("git"):
        yield f"git {code['git'][:12]}{describe_changes(code)}"
    elif code.get("source"):
        yield f"code {code['source'][:12]}"
    checks = facts["checks"]
    if checks["passed"] or checks["failed"]:
        failed = f", {checks['failed']} failed" if checks["failed"] else ""
        yield f"{format_count(checks['passed'] + checks['failed'], 'check')}{failed}"
