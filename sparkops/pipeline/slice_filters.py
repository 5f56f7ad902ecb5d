"""Optional parameters that may leave out rows of the slice that a job replaces, so that a run would remove those rows.

A job with `replace="day"` and a parameter `shop=None` that filters by shop returns all rows of the day, or those of one
shop; in both cases the whole day is replaced. What a parameter does cannot be read from a declaration. Therefore a
run that gives such a parameter is refused, unless it is one of the `replace` columns or is declared in `not_filters`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sparkops.core.wording import find_closest_name
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import Param
from sparkops.pipeline.write import Write


def find_slice_problems(
    not_filters: Sequence[str], writes: Sequence[Write], params: Sequence[Param]
) -> Iterator[str]:
    """Yield the problems of `not_filters=` of a job that returns tables."""
    if not not_filters or not writes:
        return
    if not any(write.mode == "replace" for write in writes):
        yield "not_filters= is for a job that replaces a slice: declare the columns of the slice with replace="
        return
    names = [param.name for param in params]
    for name in not_filters:
        if name not in names:
            near = find_closest_name(name, names)
            hint = f", did you mean {near!r}?" if near else f"; they are {', '.join(names) or 'none'}"
            yield f"not_filters= names {name!r}, which is not one of its parameters{hint}"


def find_possible_filters(job: Job) -> tuple[str, ...]:
    """Return the parameters of a job that may leave out rows of a replaced slice: those whose default is None."""
    slices = [write.by for write in job.writes if write.mode == "replace"]
    return tuple(
        param.name
        for param in job.params
        if param.default is None
        and param.name not in job.not_filters
        and any(param.name not in columns for columns in slices)
    )


def find_active_filters(job: Job, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the parameters with a value in this run that may leave out rows of a replaced slice."""
    return tuple(name for name in find_possible_filters(job) if values.get(name) is not None)


def describe_filter(job: Job, name: str) -> str:
    """Return what a run with the parameter may remove, and how to declare it; the text ends without a full stop."""
    write = next(write for write in job.writes if write.mode == "replace" and name not in write.by)
    columns = ", ".join(f"`{column}`" for column in write.by)
    added = ", ".join(repr(column) for column in (*write.by, name))
    return (
        f"it replaces all rows of table `{write.table}` with the same {columns}, and if `{name}` filters rows, a run "
        f"that gives it removes the others. Declare replace=({added}) and return the column `{name}`; or, if the "
        f"result has every row whatever `{name}` is, not_filters={name!r}"
    )
