"""Which runs can be replayed, and what has changed since one was recorded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sparkops.core.masking import HIDDEN
from sparkops.errors import InputError
from sparkops.pipeline.job import Job
from sparkops.pipeline.staging import QUARANTINE_SUFFIX
from sparkops.pipeline.table import Pin
from sparkops.runs.fingerprint import describe_changes, select_value_conf
from sparkops.runs.records.environment import DEFAULT_ENVIRONMENTS, is_same_environment
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import ACTIVE

_COMMIT_DIGITS = 10


def require_replayable(run: Run) -> None:
    """Refuse a run that has no result of its own to compare with.

    Raises:
        InputError: With what to do instead.
    """
    if run.replay:
        raise InputError(
            f"Run {run.id} is a replay and published nothing: "
            f"replay its original, `sparkops replay {run.replay['of']}`."
        )
    if run.rollback:
        raise InputError(f"Run {run.id} is a rollback, which computed nothing: there is nothing to replay.")
    if run.items:
        raise InputError(
            f"Run {run.id} is a fan-out of {len(run.items):,} runs: replay one of these. "
            f"`sparkops runs --parent {run.id}` lists them."
        )
    if run.state in ACTIVE:
        raise InputError(f"Run {run.id} is still {run.state}: replay it when it is done.")
    # The versions that a run published before it was rolled back are still in the history of its tables.
    if run.state not in ("done", "rolled_back"):
        raise InputError(
            f"Run {run.id} is `{run.state}`: it is not complete, so there is no result to compare a replay with. "
            f"`sparkops runs show {run.id}` shows what stopped it, and `sparkops runs resume {run.id}` continues it."
        )
    if run.batches or "stream" in run.timings:
        raise InputError(
            f"Run {run.id} read a stream: which rows each of its micro-batches had is known to the stream's checkpoint "
            "only, which continues after them. Compare its table with a job that reads the stream's table as a whole, "
            "with `--at`."
        )


def require_same_outputs(run: Run, job: Job) -> None:
    """Refuse a job that does not write what the run published.

    Raises:
        InputError: The job was changed since.
    """
    published = {name for name in run.outputs if not name.endswith(QUARANTINE_SUFFIX)}
    written = {write.table for write in job.writes}
    if published != written:
        raise InputError(
            f"Job `{job.name}` writes {_quote_all(written)} now, and run {run.id} published {_quote_all(published)}: "
            "the results cannot be compared."
        )
    kind = "model" if run.registered else "report" if run.report else None
    if kind is not None and job.kind != kind:
        raise InputError(f"Job `{job.name}` returns no {kind} any more, as it did in run {run.id}.")


def require_environment(run: Run, env: str) -> None:
    """Refuse a replay in another environment, which has other tables.

    Raises:
        InputError: With the option that selects the run's environment.
    """
    if is_same_environment(run.env, env):
        return
    option = "without --env" if run.env in DEFAULT_ENVIRONMENTS else f"with --env {run.env}"
    raise InputError(
        f"Run {run.id} was run in environment `{run.env}`, and this is `{env}`: replay it {option}."
    )


def describe_changed_pin(recorded: Pin, present: Pin) -> str | None:
    """Return how an input differs from what a run read, as a sentence; None if it does not."""
    if recorded.kind == "delta":
        is_same = present.kind == "delta" and recorded.identity == present.identity
        return None if is_same else f"`{recorded.table}` was created again at {present.location}."
    return _describe_changed_source(recorded, present)


def _describe_changed_source(recorded: Pin, present: Pin) -> str | None:
    name = f"`{recorded.table}`"
    if recorded.location != present.location:
        return f"{name} was read from {recorded.location}, and conf/ names {present.location} now."
    if recorded.identity != present.identity:
        return (
            f"{name}: its files changed ({present.location}): the newest was of {_format_time(recorded)} then, "
            f"and is of {_format_time(present)} now."
        )
    if recorded.schema_hash != present.schema_hash:
        return f"{name} has other columns or options in conf/ than then."
    if recorded.options_hash and recorded.options_hash != present.options_hash:
        return f"{name} is read with other options than then, or is a table without versions."
    return None


def _format_time(pin: Pin) -> str:
    return f"{pin.time:%Y-%m-%d %H:%M:%SZ}" if pin.time else "an unknown time"


def find_changed_conf(
    run: Run, settings: Mapping[str, Any], *, exclude: Collection[str] = ()
) -> dict[str, str]:
    """Return the recorded settings of Spark that change values and are not the present ones.

    Args:
        run: The run.
        settings: The present settings.
        exclude: Names of settings that are changed on purpose.

    Raises:
        InputError: A present setting was not set in the run, or the record shows a secret in place of one.
    """
    recorded, present = select_value_conf(run.settings), select_value_conf(settings)
    added = sorted(present.keys() - recorded.keys() - set(exclude))
    if added:
        raise InputError(
            f"Run {run.id} had no setting `spark.conf.{added[0]}`, by which Spark computes other values, "
            "and conf/ has it now: remove it for the replay."
        )
    changed = {
        name: str(value)
        for name, value in recorded.items()
        if present.get(name) != value and name not in exclude
    }
    hidden = [name for name, value in changed.items() if HIDDEN in value]
    if hidden:
        raise InputError(f"Run {run.id} does not show its setting `spark.conf.{hidden[0]}`: it was a secret.")
    return changed


def describe_code_change(run: Run, present: Mapping[str, Any]) -> str | None:
    """Return how the code of the job differs from that of a run, as a sentence; None if it is the same."""
    if run.code.get("source") == present.get("source"):
        return None
    before, after = _describe_code(run.code), _describe_code(present)
    return f"The code of the job is not that of the run: {before} then, {after} now."


def _describe_code(code: Mapping[str, Any]) -> str:
    commit = str(code.get("git") or "")[:_COMMIT_DIGITS]
    if not commit:
        return f"source {code.get('source', 'unknown')}"
    return f"commit {commit}{describe_changes(code)}"


def _quote_all(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "no table"
