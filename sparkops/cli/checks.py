"""`sparkops check`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from sparkops.cli.main import CHECKS_FAILED, DONE
from sparkops.cli.where import Where, common


@click.command("check")
@click.argument("name", metavar="TABLE")
@click.option("--at", "version", type=int, metavar="VERSION", help="Version; the newest by default.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of lines.")
@common
def check(where: Where, name: str, version: int | None, as_json: bool) -> int:
    """Run conf/checks/TABLE.yml on TABLE as it stands. Leaves with 3 when a check failed."""
    from sparkops.cli.runs import check_line

    with where.engine() as engine:
        done = engine.check(name, at=version)
    if as_json:
        click.echo(json.dumps([asdict(result) for result in done.results], indent=2, default=str))
    else:
        for result in done.results:
            click.echo(check_line(asdict(result)))
        click.echo(f"{name} version {done.version}: {done.summary}")
        if done.docs:
            click.echo(f"Data Docs: {done.docs}")
    return CHECKS_FAILED if done.blocked else DONE
