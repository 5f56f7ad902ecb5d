"""The `@job` decorator: builds an immutable `Job` from a function and runs nothing."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from time import time
from typing import Any, overload

from sparkops.core.place import Place
from sparkops.errors import DeclarationError, DeclarationWarning
from sparkops.pipeline.attempt_policy import AttemptOptions, to_exception_classes
from sparkops.pipeline.condition import Condition, find_condition_problems
from sparkops.pipeline.declaration.checked_inputs import find_checked_input_problems, select_checked_inputs
from sparkops.pipeline.declaration.decorator_options import JobOptions
from sparkops.pipeline.declaration.return_type import ReturnDeclaration, read_return_type
from sparkops.pipeline.fan_out.column_values import ColumnValues
from sparkops.pipeline.fan_out.declared_each import DeclaredEach
from sparkops.pipeline.job import Job
from sparkops.pipeline.job_script import report_unused_script
from sparkops.pipeline.model import Gate
from sparkops.pipeline.signature import Signature, SignatureReader
from sparkops.pipeline.slice_filters import describe_filter, find_possible_filters, find_slice_problems
from sparkops.pipeline.stream import find_stream_problems
from sparkops.pipeline.write import Mode, Write

Names = str | Sequence[str]


@overload
def job(function: Callable[..., Any], /) -> Job: ...
@overload
def job(
    *,
    writes: str | Write | Sequence[str | Write] | None = None,
    mode: Mode | None = None,
    replace: Names | None = None,
    merge: Names | None = None,
    order_by: Names = (),
    partition_by: Names = (),
    schema_change: bool = False,
    publish_empty: bool = False,
    not_filters: Names = (),
    registers: str | None = None,
    gates: Iterable[Gate] = (),
    allow_empty: bool = False,
    stream: str | None = None,
    every: str | None = None,
    retries: int = 0,
    backoff: str | None = None,
    retry_on: type[BaseException] | Sequence[type[BaseException]] = (),
    timeout: str | None = None,
    when: Condition | Sequence[Condition] = (),
    checked_inputs: Names | bool = False,
    each: Mapping[str, Iterable[Any] | ColumnValues] | None = None,
) -> Callable[[Callable[..., Any]], Job]: ...
def job(
    function: Callable[..., Any] | None = None,
    /,
    *,
    writes: str | Write | Sequence[str | Write] | None = None,
    mode: Mode | None = None,
    replace: Names | None = None,
    merge: Names | None = None,
    order_by: Names = (),
    partition_by: Names = (),
    schema_change: bool = False,
    publish_empty: bool = False,
    not_filters: Names = (),
    registers: str | None = None,
    gates: Iterable[Gate] = (),
    allow_empty: bool = False,
    stream: str | None = None,
    every: str | None = None,
    retries: int = 0,
    backoff: str | None = None,
    retry_on: type[BaseException] | Sequence[type[BaseException]] = (),
    timeout: str | None = None,
    when: Condition | Sequence[Condition] = (),
    checked_inputs: Names | bool = False,
    each: Mapping[str, Iterable[Any] | ColumnValues] | None = None,
) -> Job | Callable[[Callable[..., Any]], Job]:
    """Declare a function as a job: tables are positional arguments, parameters keyword-only arguments.

    Args:
        function: The function, when the decorator is used without parentheses.
        writes: Table that a frame is published as (default: the function's name); for a NamedTuple or dataclass of
            frames one name or `Write` per field, in order (default: the fields' names).
        mode: `overwrite` (the default), `append`, `replace` or `merge`.
        replace: Columns whose values in the frame are replaced; means `mode="replace"`.
        merge: Key columns to merge on; means `mode="merge"`.
        order_by: Columns that order the rows of one merge key: the row with the greatest values is kept, and a row
            never replaces a newer one of the table.
        partition_by: Partition columns, applied when the table is created.
        schema_change: Whether the write may change the columns and types of the table.
        publish_empty: Whether a result without rows may replace the rows of the table, or of the slice; otherwise such
            a run fails.
        not_filters: Optional parameters that leave out no row of the slice that `replace` replaces. A run that gives
            any other optional parameter is refused, unless it is one of the `replace` columns.
        registers: Name of the registered model (default: the function's name without a leading `train_`).
        gates: Conditions for taking the alias `champion`.
        allow_empty: Whether an input table with no rows is accepted.
        stream: Name of the input table that is read as a stream: a run reads the rows added since the last run, in
            micro-batches, each checked and published exactly once.
        every: Trigger interval ("10 seconds") of a stream that runs until it is stopped; by default a run ends when
            it has read all available rows.
        retries: How often a failed run is tried again, with the same parameters and input versions. Failures that
            another attempt would meet again, such as failed checks or a missing column, are not retried.
        backoff: Pause before the first retry ("10 seconds"); each further one is twice as long.
        retry_on: Exceptions after which the run is tried again, raised by the job or by what it calls; by default all.
        timeout: Time that an attempt may take ("1 hour"); then its Spark jobs are stopped, and the run is `timed_out`.
        when: Conditions on other jobs' metrics or checks: a flow skips the job if one of them does not hold.
        checked_inputs: Input tables, or True for all, of which a run reads only a version that passed its checks. A
            version that was not checked is checked first; one that fails stops the run.
        each: Parameter to its values, or to the `ColumnValues` of a table: a run that is not given the parameter has
            runs of its own for each combination of values.

    Raises:
        DeclarationError: Lists every problem with file and line.
    """
    options = JobOptions(
        writes=writes,
        mode=mode,
        replace=_to_tuple(replace),
        merge=_to_tuple(merge),
        order_by=_to_tuple(order_by) or (),
        partition_by=_to_tuple(partition_by) or (),
        schema_change=schema_change,
        publish_empty=publish_empty,
        not_filters=_to_tuple(not_filters) or (),
        registers=registers,
        gates=tuple(gates),
        stream=stream,
        every=every,
        attempts=AttemptOptions(
            retries=retries, backoff=backoff, retry_on=to_exception_classes(retry_on), timeout=timeout
        ),
        when=(when,) if isinstance(when, Condition) else tuple(when),
        checked_inputs=checked_inputs
        if isinstance(checked_inputs, bool)
        else _to_tuple(checked_inputs) or (),
        each=each or {},
    )
    if function is not None:
        return _declare(function, options, allow_empty, _get_caller_scope())
    scope = _get_caller_scope()
    return lambda decorated: _declare(decorated, options, allow_empty, scope)


def _to_tuple(names: Names | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    return (names,) if isinstance(names, str) else tuple(names)


def _get_caller_scope() -> Mapping[str, Any]:
    """Return the local names where `job` is called: types that are defined inside a function."""
    return dict(sys._getframe(2).f_locals)  # noqa: SLF001 - as typing and dataclasses read their caller's names


def _declare(
    function: Callable[..., Any], options: JobOptions, allow_empty: bool, scope: Mapping[str, Any]
) -> Job:
    if not inspect.isfunction(function):
        raise DeclarationError(
            f"@job decorates {function!r}, which is not a plain function: put it on top of a `def`"
        )
    unwrapped = inspect.unwrap(function)
    reader = SignatureReader(unwrapped, scope)
    signature = reader.read()
    result = read_return_type(unwrapped, reader.resolve, options)
    each = DeclaredEach(options.each, signature.params, result.writes)
    errors = _find_problems(options, result, signature, each, unwrapped.__name__)
    _raise_problems(unwrapped, signature, (*result.problems, *errors))
    declared = Job(
        name=unwrapped.__name__,
        function=function,
        doc=inspect.getdoc(unwrapped) or "",
        place=signature.place,
        kind=result.kind,
        tables=tuple(signature.tables),
        models=tuple(signature.models),
        session=signature.session,
        params=tuple(signature.params),
        writes=result.writes,
        registers=result.registers,
        gates=options.gates,
        allow_empty=allow_empty,
        not_filters=options.not_filters,
        stream=options.stream,
        every=options.every,
        attempts=options.attempts.to_policy(),
        when=options.when,
        checked_inputs=select_checked_inputs(options, signature.tables),
        each=each.values,
        load_time=time(),
    )
    _warn_of_filters(declared, unwrapped)
    report_unused_script(declared)
    return declared


def _find_problems(
    options: JobOptions, result: ReturnDeclaration, signature: Signature, each: DeclaredEach, name: str
) -> Iterator[str]:
    """Yield what is wrong with the options of a job."""
    yield from find_stream_problems(options, result, signature.tables)
    yield from find_slice_problems(options.not_filters, result.writes, signature.params)
    yield from options.attempts.find_problems()
    yield from find_condition_problems(options.when, name)
    yield from find_checked_input_problems(options, signature.tables)
    yield from each.find_problems(stream=options.stream)


def _warn_of_filters(declared: Job, function: Callable[..., Any]) -> None:
    """Warn once of each optional parameter that may leave out rows of a replaced slice."""
    registry = function.__globals__.setdefault("__warningregistry__", {})
    for name in find_possible_filters(declared):
        message = f"Job `{declared.name}`: {describe_filter(declared, name)} ({declared.place})."
        warnings.warn_explicit(
            message, DeclarationWarning, declared.place.file, declared.place.line, registry=registry
        )


def _raise_problems(function: Callable[..., Any], signature: Signature, messages: Iterable[str]) -> None:
    problems: list[tuple[str, Place]] = [*signature.problems, *((text, signature.place) for text in messages)]
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        problems.append(
            ("it is async or a generator: a job is a plain function that returns", signature.place)
        )
    if problems:
        lines = [f"{text} ({place})" for text, place in problems]
        text = lines[0] if len(lines) == 1 else "\n" + "\n".join(f"  - {line}" for line in lines)
        raise DeclarationError(f"Job `{function.__name__}`: {text}")
