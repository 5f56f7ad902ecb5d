"""Say in sentences how the results of two runs differ, and what that follows from as far as the records show.

A cause is named only where one thing alone differs among all that decides a result: parameters, code, settings,
versions of inputs and models, definitions of checks, and the version of Spark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sparkops.core.masking import HIDDEN
from sparkops.core.wording import format_count
from sparkops.pipeline.table import VersionChange
from sparkops.runs.compare.difference import RunDifference
from sparkops.runs.records.run import Run

# Settings that decide where and how long something runs, and no value of a result.
_NEUTRAL: Final = ("root", "env", "state", "warehouse", "jobs", "reports", "commits", "wait")
_NEUTRAL_SECTIONS: Final = (
    "serving.", "execution.", "params.", "checks.", "lineage.", "models.tracking_uri", "models.registry_uri",
    "models.artifact_root", "models.experiment", "models.process_", "models.timeout", "spark.jars",
)  # fmt: skip
_SAME_RESULTS: Final = (
    "The recorded results are the same: state, rows published, verdicts of checks, metrics."
)
_MAX_CAUSES: Final = 6


def summarize(before: Run, after: Run, differences: Sequence[RunDifference]) -> tuple[str, ...]:
    """Return the sentences about two runs."""
    if before.job != after.job:
        return (f"The runs are of two jobs, `{before.job}` and `{after.job}`.",)
    causes = list(_list_causes(before, after, differences))
    effects = list(_list_effects(differences))
    if effects:
        return _explain(effects, causes, are_hidden=_has_hidden(before) or _has_hidden(after))
    if causes:
        return (_SAME_RESULTS, f"The runs differ: {_join(causes)}.")
    return (f"Parameters, code, settings and inputs are the same. {_SAME_RESULTS}",)


def _explain(effects: Sequence[str], causes: Sequence[str], *, are_hidden: bool) -> tuple[str, ...]:
    """Return sentences about results that differ; `are_hidden`: whether parameters may differ in their secrets."""
    if len(causes) == 1 and not are_hidden:
        return tuple(f"{effect} because {causes[0]}." for effect in effects)
    if are_hidden:
        note = f"The runs differ: {_join(causes)}. " if causes else ""
        note += "Parameters that contain secrets are not compared."
    elif causes:
        note = f"Several things differ, and the records do not show which is the cause: {_join(causes)}."
    else:
        note = "The records show no cause: parameters, code, settings, inputs, checks and Spark's version are the same."
    return (*(f"{effect}." for effect in effects), note)


def _has_hidden(run: Run) -> bool:
    return bool(run.hidden) or any(value == HIDDEN for value in run.params.values())


def _join(causes: Sequence[str]) -> str:
    shown = list(causes[:_MAX_CAUSES])
    if len(causes) > len(shown):
        shown.append(f"{len(causes) - len(shown)} more")
    return "; ".join(shown)


def _list_effects(differences: Sequence[RunDifference]) -> Iterator[str]:
    for difference in differences:
        if difference.section == "state":
            yield f"The run ended `{difference.after}` instead of `{difference.before}`"
        elif difference.section == "metrics":
            yield (
                _compare_numbers(f"`{difference.name}`", difference)
                or f"`{difference.name}` is a metric of {_name_run(difference)}"
            )
        elif difference.section == "rows":
            rows = _compare_numbers(f"The rows published to `{difference.name}`", difference)
            yield rows or f"`{difference.name}` was published by {_name_run(difference)}"
        elif difference.section == "checks" and _is_changed_verdict(difference):
            verdict = str(difference.after).partition(",")[0]
            yield f"{difference.name} {verdict}"


def _is_changed_verdict(difference: RunDifference) -> bool:
    if difference.before is None or difference.after is None:
        return False
    return str(difference.before).startswith("passed") != str(difference.after).startswith("passed")


def _compare_numbers(name: str, difference: RunDifference) -> str:
    """Return how a number changed; empty if one of the runs has none."""
    if difference.before is None or difference.after is None:
        return ""
    verb = "rose" if difference.after > difference.before else "fell"
    return f"{name} {verb} from {_format(difference.before)} to {_format(difference.after)}"


def _name_run(difference: RunDifference) -> str:
    """Return which of the runs alone has something."""
    return "the first run only" if difference.after is None else "the second run only"


def _format(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"


def _list_causes(before: Run, after: Run, differences: Sequence[RunDifference]) -> Iterator[str]:
    """Yield what differs among all that decides a result, each as a clause."""
    for difference in differences:
        if difference.section == "inputs":
            yield _describe_input(difference)
        elif difference.section == "parameters":
            yield f"parameter `{difference.name}` is {difference.after!r} instead of {difference.before!r}"
        elif difference.section == "code" and difference.name == "source":
            yield f"the code of the job changed{_describe_commits(before, after)}"
        elif difference.section == "settings" and not _is_neutral(difference.name):
            yield f"setting `{difference.name}` is {difference.after!r} instead of {difference.before!r}"
        elif difference.section == "models":
            yield _describe_model(difference)
        elif difference.section == "spark":
            yield f"Spark went from version {difference.before} to {difference.after}"
    if before.checks and after.checks and _define_checks(before) != _define_checks(after):
        yield "the checks were changed"


def _is_neutral(setting: str) -> bool:
    return setting in _NEUTRAL or setting.startswith(_NEUTRAL_SECTIONS)


def _define_checks(run: Run) -> list[tuple[Any, ...]]:
    return [(check["table"], check["expectation"], check["kwargs"], check["policy"]) for check in run.checks]


def _describe_commits(before: Run, after: Run) -> str:
    commits = before.code.get("git"), after.code.get("git")
    if commits[0] and commits[1] and commits[0] != commits[1]:
        return f" (git {commits[0][:8]} to {commits[1][:8]})"
    return (
        " (uncommitted changes)" if commits[0] and before.code.get("dirty") != after.code.get("dirty") else ""
    )


def _describe_model(difference: RunDifference) -> str:
    if difference.before is None or difference.after is None:
        return f"model `{difference.name}` was read by {_name_run(difference)}"
    return f"model `{difference.name}` went from version {difference.before} to {difference.after}"


def _describe_input(difference: RunDifference) -> str:
    if isinstance(difference.before, int) and isinstance(difference.after, int):
        if difference.detail:
            return f"`{difference.name}` is {difference.detail} (version {difference.before} to {difference.after})"
        rows = describe_change(difference.change)
        return f"`{difference.name}` went from version {difference.before} to {difference.after}" + (
            f" ({rows})" if rows else ""
        )
    return (
        f"`{difference.name}` has {difference.detail}"
        if difference.detail == "other files"
        else f"`{difference.name}`: {difference.detail}"
    )


def describe_change(change: VersionChange | None) -> str:
    """Return the rows between two versions in words, as far as they are known."""
    if change is None:
        return ""
    if change.added is not None and change.removed is not None:
        parts = [f"{format_count(change.added, 'row')} added"] if change.added or not change.removed else []
        parts += [f"{format_count(change.removed, 'row')} removed"] if change.removed else []
        return ", ".join(parts)
    if change.rows_before is not None and change.rows_after is not None:
        return f"{change.rows_before:,} to {format_count(change.rows_after, 'row')}"
    return ""
