"""Say in sentences how the results of two runs differ, and what that follows from as far as the records show.

A cause is named only where one thing alone differs among all that decides a result: parameters, code, settings, versions of
inputs and models, definitions of checks, and the version of Spark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sparkops.core.masking import HIDDEN
from sparkops.core.wording import format_count
from sparkops.pipeline.table import VersionChange
from sparkops.runs.compare.difference import Difference
from sparkops.runs.records.run import Run

# Settings that decide where and how long something runs, and no value of a result.
_NEUTRAL: Final = ("root", "env", "state", "warehouse", "jobs", "reports", "commits", "wait")
_NEUTRAL_SECTIONS: Final = ("serving.", "execution.", "params.", "checks.", "lineage.", "models.tracking_uri", "models.registry_uri",
                            "models.artifact_root", "models.experiment", "models.process_", "models.timeout", "spark.jars")  # fmt: skip
_SAME_RESULTS: Final = (
    "The recorded results are the same: state, rows published, verdicts of checks, metrics."
)
_MAX_CAUSES: Final = 6


def summarize(before: Run, after: Run, differences: Sequence[Difference]) -> tuple[str, ...]:
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


def _list_effects(differences: Sequence[Difference]) -> Iterator[str]:
    for found in differences:
        if found.section == "state":
            yield f"The run ended `{found.after}` instead of `{found.before}`"
        elif found.section == "metrics":
            yield (
                _compare_numbers(f"`{found.name}`", found)
                or f"`{found.name}` is a metric of {_name_run(found)}"
            )
        elif found.section == "rows":
            rows = _compare_numbers(f"The rows published to `{found.name}`", found)
            yield rows or f"`{found.name}` was published by {_name_run(found)}"
        elif found.section == "checks" and _changed_verdict(found):
            verdict = str(found.after).partition(",")[0]
            yield f"{found.name} {verdict}"


def _changed_verdict(found: Difference) -> bool:
    if found.before is None or found.after is None:
        return False
    return str(found.before).startswith("passed") != str(found.after).startswith("passed")


def _compare_numbers(name: str, found: Difference) -> str:
    """Return how a number changed; empty if one of the runs has none."""
    if found.before is None or found.after is None:
        return ""
    verb = "rose" if found.after > found.before else "fell"
    return f"{name} {verb} from {_format(found.before)} to {_format(found.after)}"


def _name_run(found: Difference) -> str:
    """Return which of the runs alone has something."""
    return "the first run only" if found.after is None else "the second run only"


def _format(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"


def _list_causes(before: Run, after: Run, differences: Sequence[Difference]) -> Iterator[str]:
    """Yield what differs among all that decides a result, each as a clause."""
    for found in differences:
        if found.section == "inputs":
            yield _describe_input(found)
        elif found.section == "parameters":
            yield f"parameter `{found.name}` is {found.after!r} instead of {found.before!r}"
        elif found.section == "code" and found.name == "source":
            yield f"the code of the job changed{_describe_commits(before, after)}"
        elif found.section == "settings" and not _is_neutral(found.name):
            yield f"setting `{found.name}` is {found.after!r} instead of {found.before!r}"
        elif found.section == "models":
            yield _describe_model(found)
        elif found.section == "spark":
            yield f"Spark went from version {found.before} to {found.after}"
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


def _describe_model(found: Difference) -> str:
    if found.before is None or found.after is None:
        return f"model `{found.name}` was read by {_name_run(found)}"
    return f"model `{found.name}` went from version {found.before} to {found.after}"


def _describe_input(found: Difference) -> str:
    if isinstance(found.before, int) and isinstance(found.after, int):
        if found.detail:
            return f"`{found.name}` is {found.detail} (version {found.before} to {found.after})"
        rows = describe_change(found.change)
        return f"`{found.name}` went from version {found.before} to {found.after}" + (
            f" ({rows})" if rows else ""
        )
    return (
        f"`{found.name}` has {found.detail}"
        if found.detail == "other files"
        else f"`{found.name}`: {found.detail}"
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
