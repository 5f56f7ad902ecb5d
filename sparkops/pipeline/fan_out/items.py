"""The runs of a fan-out: one for each combination of values, as far as the job can write them side by side."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any, Final

from sparkops.errors import InputError
from sparkops.pipeline.fan_out.values import describe_values
from sparkops.pipeline.job import Job

# What the names of models in MLflow, Unity Catalog and file systems may contain.
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]+")
# Characters of a value in the name of a model.
_MAX_PART: Final = 40


def combine_values(each: Mapping[str, Sequence[Any]], *, limit: int) -> list[dict[str, Any]]:
    """Return the values of each run: every combination, the last parameter changing fastest.

    Raises:
        InputError: There are none, or more than the limit.
    """
    empty = [name for name, values in each.items() if not values]
    if not each or empty:
        raise InputError(
            f"There are no values for `{empty[0]}`: give at least one."
            if empty
            else "Give values with --each NAME=VALUES."
        )
    count = prod(len(values) for values in each.values())
    if count > limit:
        raise InputError(
            f"{count:,} combinations of {', '.join(each)} are more than `execution.max_items` allows ({limit:,}): take "
            "fewer values, or raise the setting."
        )
    return [dict(zip(each, values, strict=True)) for values in itertools.product(*each.values())]


def require_separable(job: Job, items: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a fan-out whose runs would replace each other's rows.

    Args:
        job: The job.
        items: The values of each run.

    Raises:
        InputError: Two runs have the same values, or would replace the same rows, or the job reads a stream.
    """
    problems = list(_find_problems(job, items))
    if problems:
        raise InputError(f"Job `{job.name}` cannot run once for each value ({job.place}): {problems[0]}")


def _find_problems(job: Job, items: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    repeated_item = _find_repeated([tuple(item.values()) for item in items])
    if repeated_item is not None:
        yield f"{describe_values(dict(zip(items[0], repeated_item, strict=True)))} is given twice: leave one out."
    if job.stream:
        yield f"it reads `{job.stream}` as a stream, which has one position."
    for write in job.writes:
        if write.mode == "overwrite":
            columns = ", ".join(repr(name) for name in items[0])
            yield (
                f"each run would overwrite table `{write.table}`. Declare replace=[{columns}] if the table has these "
                "columns, or mode='append'."
            )
        if write.mode == "replace":
            # Runs that differ in no column of the slice replace the same rows.
            names = [name for name in items[0] if name in write.by]
            repeated = _find_repeated([tuple(item[name] for name in names) for item in items])
            if repeated is not None:
                others = ", ".join(name for name in items[0] if name not in write.by)
                yield (
                    f"runs that differ only in {others} would replace the same rows of table `{write.table}`, because "
                    f"its slices are those of {', '.join(write.by)}. Add the column to replace=."
                )


def _find_repeated(values: Sequence[tuple[Any, ...]]) -> tuple[Any, ...] | None:
    counts = Counter(map(str, values))
    return next((value for value in values if counts[str(value)] > 1), None)


def make_item_job(job: Job, values: Mapping[str, Any]) -> Job:
    """Return the job of one run: a trained model has a name of its own, `late_arrival-origin-JFK`."""
    if job.registers is None:
        return job
    parts = [f"{name}-{_format_in_name(str(value))}" for name, value in values.items()]
    return replace(job, registers="-".join((job.registers, *parts)))


def _format_in_name(text: str) -> str:
    """Return a value as a part of a name; where it cannot be one unchanged, a hash tells it from similar values."""
    part = _NOT_IN_NAMES.sub("_", text)[:_MAX_PART]
    return part if part == text else f"{part}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
