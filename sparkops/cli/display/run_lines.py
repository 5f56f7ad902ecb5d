"""A run as lines: its record, and a summary of what it published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sparkops.cli.display.check_lines import format_checks
from sparkops.cli.display.format import format_duration, format_state, format_time, format_value
from sparkops.core.wording import format_count
from sparkops.runs.records.run import Run

# Lines about batches, and about runs of a fan-out.
_MAX_LINES = 10


def format_run(run: Run, pages: Sequence[Path] = ()) -> Iterator[str]:
    """Yield the lines that show the record of a run, and the pages of its checks."""
    yield f"Run      {run.id}  ({run.job}, attempt {run.attempt})"
    yield f"State    {format_state(run.state)}" + (
        f" after {format_duration(run.seconds)}" if run.ended else ""
    )
    if run.started:
        yield f"Started  {format_time(run.started)}, env {run.env}"
    if run.as_of:
        yield f"As of    {format_time(datetime.fromisoformat(run.as_of))}"
    if run.skipped:
        yield f"Skipped  {run.skipped}"
    if run.rolled_back:
        yield f"Undone   by run {run.rolled_back}: `sparkops rollback {run.rolled_back}` takes that back"
    yield from _format_section("Undid", _format_rollback(run))
    if run.error:
        yield f"Error    {run.error['kind']}: {run.error['message']}"
        yield from _format_section("Cause", [run.error["cause"]] if run.error.get("cause") else [])
        yield from _format_section("Stage", [run.error["stage"]] if run.error.get("stage") else [])
    yield from _format_section("Attempts", map(_format_attempt, run.attempts[:-1]))
    params = (f"{name} = {value!r}   ({run.origins.get(name, '')})" for name, value in run.params.items())
    yield from _format_section("Params", params)
    yield from _format_section("Replay", _format_replay(run))
    yield from _format_section("Read", (_format_input(name, pin) for name, pin in run.inputs.items()))
    yield from _format_section("Models", (line for name in run.models for line in _format_model(run, name)))
    yield from _format_section("Checks", format_checks(run.checks))
    yield from _format_section("Pages", map(str, pages))
    yield from _format_section("Batches", format_batches(run))
    yield from _format_section(
        "Wrote", (_format_output(name, output) for name, output in run.outputs.items())
    )
    yield from _format_section("Model", _format_registered(run.registered))
    yield from _format_section(
        "Metrics", (f"{name} = {_format_number(value)}" for name, value in run.metrics.items())
    )
    yield from _format_section("Report", [run.report] if run.report else [])
    timings = (f"{step} {format_duration(seconds)}" for step, seconds in run.timings.items())
    yield from _format_section("Took", timings)
    yield from _format_section("Code", (f"{key} {value}" for key, value in run.code.items() if value))
    yield from _format_section("Spark", (f"{key} {value}" for key, value in run.spark.items()))
    yield f"Log      {run.log}" + ("" if run.log and Path(run.log).exists() else " (gone)")


def _format_rollback(run: Run) -> Iterator[str]:
    """Yield what a rollback undid."""
    plan = run.rollback or {"runs": (), "models": ()}
    for item in plan["runs"]:
        yield f"run {item['run']} ({item['job']})"
    for change in plan["models"]:
        yield f"aliases of model {change['model']}"


def format_items(run: Run, items: Sequence[Run | None]) -> Iterator[str]:
    """Yield the lines that show how many runs of a fan-out are in which state, and those that did not succeed."""
    states = Counter(format_state(item.state) if item else "not started" for item in items)
    counts = ", ".join(f"{count:,} {state}" for state, count in states.most_common())
    lines = [f"{format_count(len(items), 'run')}: {counts}   (sparkops runs --parent {run.id})"]
    failed = [
        f"{item.id}  {facts['label']}  {format_state(item.state)}"
        for facts, item in zip(run.items, items, strict=True)
        if item is not None and item.state != "done"
    ]
    lines += failed[:_MAX_LINES]
    lines += [f"and {len(failed) - _MAX_LINES:,} more"] if len(failed) > _MAX_LINES else []
    yield from _format_section("Runs", lines)


def format_batches(run: Run) -> Iterator[str]:
    """Yield one line for each of the newest micro-batches, and the number of earlier ones."""
    earlier = run.batch_count - _MAX_LINES
    if earlier > 0:
        newest = "all" if run.batch_count == len(run.batches) else f"the newest {len(run.batches)}"
        yield f"{earlier:,} before these: --json shows {newest}"
    for batch in run.batches[-_MAX_LINES:]:
        yield _format_batch(batch)


def summarize_outputs(run: Run) -> str:
    """Return in a few words what a run published, or the verdict of a replay."""
    if run.registered:
        aliases = "".join(f" @{alias}" for alias in run.registered["aliases"])
        return f"registered {run.registered['name']}/{run.registered['version']}{aliases}"
    if run.report:
        return f"wrote {run.report}"
    if run.batches:
        return f"published {format_count(run.batch_count, 'batch', 'batches')}: {_format_tables(run)}"
    if "stream" in run.timings and not run.outputs:
        return "found nothing new"
    if run.items:
        return f"{format_count(len(run.items), 'run')} done"
    verb = "restored" if run.rollback else "published"
    verdict = (run.replay.get("verdict") or {}).get("verdict", "done")
    return f"{verb} {_format_tables(run)}" if run.outputs else str(verdict)


def _format_tables(run: Run) -> str:
    return format_value(
        [
            f"{name}@{output['version']} ({format_count(output['rows'], 'row')})"
            for name, output in run.outputs.items()
        ]
    )


def _format_section(title: str, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"{title if number == 0 else '':<9}{line}"


def _format_replay(run: Run) -> Iterator[str]:
    """Yield which run a replay repeats, and the verdict."""
    if run.replay:
        yield f"of {run.replay['of']}"
        yield from ([run.replay["verdict"]["summary"]] if run.replay.get("verdict") else [])


def _format_attempt(attempt: Mapping[str, Any]) -> str:
    """Return how an earlier attempt ended."""
    error = f": {attempt['error']['message']}" if attempt["error"] else ""
    ended = f" at {format_time(attempt['ended'])}" if attempt["ended"] else ""
    return f"{attempt['number']} {format_state(attempt['state'])}{ended}{error}"


def _format_input(name: str, pin: Mapping[str, Any]) -> str:
    if pin["version"] is not None:
        return f"{name} version {pin['version']}"
    return f"{name} source {pin['identity'][:12]}"


def _format_model(run: Run, name: str) -> Iterator[str]:
    scoring, rules = run.scoring.get(name), run.rules.get(name)
    yield f"{name}/{run.models[name]}" + (f", by {scoring}" if scoring else "")
    if rules:
        scored, count = format_count(rules["rows"], "row"), format_count(rules["rules"], "rule")
        yield f"  {scored} scored with {count} ({rules['apply']}), {len(rules['broken'])} violated"
        for rule in rules["broken"]:
            rows = format_count(rule["rows"], "row")
            yield f"  {rows}: {rule['rule']}, of {rule['table']} ({rule['place']})"


def format_training(run: Run) -> Iterator[str]:
    """Yield the metrics of a trained model, and the gates that failed."""
    if run.metrics:
        yield "metrics: " + ", ".join(
            f"{name} {_format_number(value)}" for name, value in run.metrics.items()
        )
    for gate in (run.registered or {}).get("gates", ()):
        if not gate["passed"]:
            yield f"gate {format_gate(gate)}"


def format_gate(gate: Mapping[str, Any]) -> str:
    """Return the metric, value and condition of a gate, and whether it passed."""
    champion = (
        f", the champion's is {_format_number(gate['champion'])}" if gate["champion"] is not None else ""
    )
    state = "passed" if gate["passed"] else "FAILED"
    return f"{gate['metric']} is {_format_number(gate['value'])}, must be {gate['rule']}{champion}: {state}"


def _format_number(value: float) -> str:
    return f"{value:,.6g}"


def _format_batch(batch: Mapping[str, Any]) -> str:
    parts = [f"{batch['number']}: version {batch['version']}, {format_count(batch['rows'], 'row')}"]
    parts += [f"{format_count(batch['held'], 'row')} quarantined"] if batch["held"] else []
    parts += ["published by an earlier run"] if batch["already"] else []
    parts += [f"failed {', '.join(batch['broken'])}"] if batch["broken"] else []
    return ", ".join(parts)


def _format_output(name: str, output: Mapping[str, Any]) -> str:
    text = f"{name} version {output['version']}, {format_count(output['rows'], 'row')}"
    return text + (" (by an earlier attempt)" if output["already"] else "")


def _format_registered(registered: Mapping[str, Any] | None) -> Iterator[str]:
    if registered is None:
        return
    aliases = " ".join("@" + alias for alias in registered["aliases"])
    yield f"{registered['name']}/{registered['version']} {aliases}"
    if registered["compiled"]:
        yield f"scorer compiled, {registered['parity']} rows equal to Spark's"
    else:
        yield "scored by Spark"
    for gate in registered["gates"]:
        yield f"gate {format_gate(gate)}"
