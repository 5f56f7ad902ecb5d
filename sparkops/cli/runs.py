"""`sparkops runs`: list, show, log, resume."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from sparkops.cli.batch_line import batch_lines
from sparkops.cli.display.check_lines import check_lines
from sparkops.cli.display.table import in_words, inside, rows_of, seconds, table, when
from sparkops.cli.project_options import Where, common, newest
from sparkops.errors import InputError
from sparkops.runs.record import Run, run_json


@click.group("runs", invoke_without_command=True)
@click.option("--job", metavar="JOB", help="Only runs of this job.")
@newest("How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
@click.pass_context
@common
def runs(where: Where, ctx: click.Context, job: str | None, limit: int, as_json: bool) -> None:
    """List runs, newest first."""
    ctx.obj = where
    if ctx.invoked_subcommand:
        return
    engine = where.engine()
    found = list(engine.runs.newest(job=job, limit=limit))
    if as_json:
        click.echo(json.dumps([run_json(run) for run in found], indent=2, default=str))
        return
    of = f" of job `{job}`; `sparkops jobs` lists the jobs" if job else " yet: `sparkops run JOB` makes one"
    table([_line(run, engine.root) for run in found], empty=f"No runs{of}.")


def _line(run: Run, root: Path) -> dict[str, Any]:
    return {
        "run": run.id,
        "job": run.job,
        "state": in_words(run.state),
        "started": when(run.started) if run.started else None,
        "took": seconds(run.seconds),
        "published": [f"{name}@{out['version']}" for name, out in run.outputs.items()]
        or inside(root, run.report)
        or _model(run),
    }


def _model(run: Run) -> str | None:
    return f"{run.registered['name']}/{run.registered['version']}" if run.registered else None


@runs.command("show", short_help="Show one run.")
@click.argument("run_id", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="The whole record as JSON.")
@common
def show(where: Where, run_id: str, as_json: bool) -> None:
    """Show one run: RUN is an id, the beginning or end of one, or `last`."""
    run = where.engine().runs.load(run_id)
    if as_json:
        click.echo(json.dumps(run_json(run), indent=2, default=str))
        return
    for line in sheet(run):
        click.echo(line)


@runs.command("log", short_help="Print a run's whole log.")
@click.argument("run_id", metavar="RUN")
@click.option("--attempt", type=int, metavar="NUMBER", help="Which attempt; the newest by default.")
@common
def log(where: Where, run_id: str, attempt: int | None) -> None:
    """Print a run's whole log: its output, Python's logging and the JVM's."""
    store = where.engine().runs
    run = store.load(run_id)
    path = store.folder / run.id / f"attempt-{attempt or run.attempt:03d}.log"
    if not path.is_file():
        raise InputError(f"Run {run.id} left no log at {path}.")
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            click.echo(line, nl=False)


@runs.command("resume", short_help="Go on with a run that failed or crashed.")
@click.argument("run_id", metavar="RUN")
@common
def resume(where: Where, run_id: str) -> int:
    """Go on with a run that failed or crashed: same parameters, same input versions, nothing written twice."""
    from sparkops.cli.display.progress import Live

    with Live() as live, where.engine(tell=live) as engine:
        run = engine.runs.load(run_id)
        if run.state == "done":
            click.echo(f"Run {run.id} is done: there is nothing to go on with.")
        engine.resume(run.id)
    return 0


def sheet(run: Run) -> Iterator[str]:
    """Yield the lines that tell a run."""
    yield f"Run      {run.id}  ({run.job}, attempt {run.attempt})"
    yield f"State    {in_words(run.state)}" + (f" after {seconds(run.seconds)}" if run.ended else "")
    if run.started:
        yield f"Started  {when(run.started)}, env {run.env}"
    if run.error:
        yield f"Error    {run.error['kind']}: {run.error['message']}"
    yield from _section(
        "Params", (f"{k} = {v!r}   ({run.origins.get(k, '')})" for k, v in run.params.items())
    )
    yield from _section("Read", (_read(name, pin) for name, pin in run.inputs.items()))
    yield from _section("Models", (line for name in run.models for line in _used(run, name)))
    yield from _section("Checks", check_lines(run.checks))
    yield from _section("Batches", batch_lines(run.batches))
    yield from _section("Wrote", (_wrote(name, out) for name, out in run.outputs.items()))
    yield from _section("Model", _registered(run.registered))
    yield from _section("Metrics", (f"{name} = {value:.6g}" for name, value in run.metrics.items()))
    yield from _section("Report", [run.report] if run.report else [])
    yield from _section("Took", (f"{step} {seconds(taken)}" for step, taken in run.timings.items()))
    yield from _section("Code", (f"{key} {value}" for key, value in run.code.items() if value))
    yield from _section("Spark", (f"{key} {value}" for key, value in run.spark.items()))
    yield f"Log      {run.log}" + ("" if run.log and Path(run.log).exists() else " (gone)")


def _section(title: str, lines: Any) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"{title if number == 0 else '':<9}{line}"


def _used(run: Run, name: str) -> Iterator[str]:
    how, told = run.scoring.get(name), run.rules.get(name)
    yield f"{name}/{run.models[name]}" + (f", by {how}" if how else "")
    if told:
        rules = f"{told['rules']} rule{'' if told['rules'] == 1 else 's'}"
        yield f"  {rows_of(told['rows'])} judged by {rules} ({told['apply']}), {len(told['broken'])} broken"
        for broken in told["broken"]:
            yield f"  {rows_of(broken['rows'])}: {broken['rule']}, of {broken['table']} ({broken['place']})"


def _read(name: str, pin: Mapping[str, Any]) -> str:
    return f"{name} " + (
        f"version {pin['version']}" if pin["version"] is not None else f"source {pin['identity'][:12]}"
    )


def _wrote(name: str, out: Mapping[str, Any]) -> str:
    return f"{name} version {out['version']}, {rows_of(out['rows'])}" + (
        " (by an earlier attempt)" if out["already"] else ""
    )


def _registered(found: Mapping[str, Any] | None) -> Iterator[str]:
    if found is None:
        return
    aliases = " ".join("@" + alias for alias in found["aliases"])
    yield f"{found['name']}/{found['version']} {aliases}"
    yield (
        f"scorer compiled, {found['parity']} rows equal to Spark's"
        if found["compiled"]
        else "scored by Spark"
    )
    for gate in found["gates"]:
        yield f"gate {gate['rule']}: {gate['value']:.6g}" + (" passed" if gate["passed"] else " FAILED")
