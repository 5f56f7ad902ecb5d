"""Read the return annotation of a job: its kind and the tables, model or report that it publishes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sparkops.pipeline.declaration.declared_writes import NAME_PATTERN, build_writes
from sparkops.pipeline.declaration.decorator_options import JobOptions
from sparkops.pipeline.job import Kind
from sparkops.pipeline.signature import Unresolved, get_type_name
from sparkops.pipeline.write import Write

# Name of a return type to the kind of job; any other type must contain several DataFrames.
_KINDS: Final[Mapping[str, Kind]] = {"DataFrame": "table", "Model": "model", "Report": "report"}
_ADVICE: Final = "DataFrame, a NamedTuple or dataclass of DataFrames, Model or Report"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnDeclaration:
    """The kind of job, what it publishes, and the problems of the declaration."""

    kind: Kind
    writes: tuple[Write, ...] = ()
    registers: str | None = None
    problems: tuple[str, ...] = ()


def read_return_type(
    function: Callable[..., Any], resolve: Callable[[Any], Any], options: JobOptions
) -> ReturnDeclaration:
    """Return what a job publishes, from its return annotation and the decorator's arguments."""
    if "return" not in function.__annotations__:
        return ReturnDeclaration(
            kind="table", problems=(f"it does not say what it returns: write `-> {_ADVICE}`",)
        )
    annotation = resolve(function.__annotations__["return"])
    kind = _KINDS.get(get_type_name(annotation), "tables")
    if kind == "model":
        return _declare_model(function.__name__, options)
    if kind == "report":
        return ReturnDeclaration(
            kind=kind, problems=(*_check_table_options(options, "a Report"), *_check_model_options(options))
        )
    names = (function.__name__,) if kind == "table" else _find_frame_fields(annotation, resolve)
    if not names:
        reason = f" ({annotation.reason})" if isinstance(annotation, Unresolved) else ""
        message = f"it returns `{get_type_name(annotation)}`{reason}: a job returns {_ADVICE}"
        return ReturnDeclaration(kind=kind, problems=(message,))
    return _declare_tables(kind, names, options)


def _find_frame_fields(annotation: Any, resolve: Callable[[Any], Any]) -> tuple[str, ...]:
    """Return the fields of a NamedTuple or dataclass of DataFrames; empty for any other type."""
    if not isinstance(annotation, type):
        return ()
    if dataclasses.is_dataclass(annotation):
        fields = {field.name: field.type for field in dataclasses.fields(annotation)}
    elif issubclass(annotation, tuple) and hasattr(annotation, "_fields"):
        fields = {name: annotation.__annotations__.get(name) for name in annotation._fields}
    else:
        return ()
    has_only_frames = all(
        get_type_name(resolve(_unwrap_forward_ref(kind))) == "DataFrame" for kind in fields.values()
    )
    return tuple(fields) if has_only_frames else ()


def _unwrap_forward_ref(kind: Any) -> Any:
    return getattr(kind, "__forward_arg__", kind)


def _declare_model(name: str, options: JobOptions) -> ReturnDeclaration:
    problems = _check_table_options(options, "a Model")
    registers = options.registers or name.removeprefix("train_")
    if not NAME_PATTERN.fullmatch(registers):
        problems.append(f"registers={registers!r} is not a name: letters, digits and _ only")
    problems += [
        f"Gate({gate.metric!r}) compares with nothing: give at_least, at_most or not_worse=True"
        for gate in options.gates
        if gate.at_least is None and gate.at_most is None and not gate.not_worse
    ]
    return ReturnDeclaration(kind="model", registers=registers, problems=tuple(problems))


def _check_table_options(options: JobOptions, returned: str) -> list[str]:
    """Return a problem for each given option that applies only to jobs that return tables."""
    return [
        f"{name}= is for a job that returns tables, and it returns {returned}"
        for name in options.table_options
    ]


def _check_model_options(options: JobOptions) -> list[str]:
    """Return a problem for each given option that applies only to jobs that return a model."""
    model_options = {"registers": options.registers, "gates": options.gates}
    return [f"{name}= is for a job that returns a Model" for name, value in model_options.items() if value]


def _declare_tables(kind: Kind, names: tuple[str, ...], options: JobOptions) -> ReturnDeclaration:
    writes, problems = build_writes(kind, names, options)
    all_problems = dict.fromkeys((*_check_model_options(options), *problems))
    return ReturnDeclaration(kind=kind, writes=writes, problems=tuple(all_problems))
