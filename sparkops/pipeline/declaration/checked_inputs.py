"""The option `checked_inputs` of a job: which of its input tables have to be checked."""

from __future__ import annotations

from collections.abc import Sequence

from sparkops.pipeline.declaration.decorator_options import JobOptions


def select_checked_inputs(options: JobOptions, tables: Sequence[str]) -> tuple[str, ...]:
    """Return the input tables that have to be checked; True stands for all of them."""
    chosen = options.checked_inputs
    if isinstance(chosen, bool):
        return tuple(tables) if chosen else ()
    return chosen


def find_checked_input_problems(options: JobOptions, tables: Sequence[str]) -> list[str]:
    """Return what is wrong with the option."""
    known = ", ".join(f"`{table}`" for table in tables) or "no table"
    problems = [
        f"checked_inputs= names {name!r}, which the job does not read: it reads {known}"
        for name in select_checked_inputs(options, tables)
        if name not in tables
    ]
    if options.checked_inputs is True and not tables:
        problems.append("checked_inputs=True is for a job that reads tables, and it reads none")
    if options.stream in select_checked_inputs(options, tables):
        problems.append(
            f"checked_inputs= names the stream `{options.stream}`, of which no version is read: each of its batches is "
            "checked by the suite of the table that is written"
        )
    return problems
