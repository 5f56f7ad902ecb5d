"""Read the return annotation of a job: its kind and the tables, model or report that it publishes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from sparkops.pipeline.job import Kind
from sparkops.pipeline.model import Gate
from sparkops.pipeline.signature import Unresolved, get_type_name
from sparkops.pipeline.write import Mode, Write

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Name of a return type to the kind of job; any other type must contain several DataFrames.
_KINDS: Final[Mapping[str, Kind]] = {"DataFrame": "table", "Model": "model", "Report": "report"}
_ADVICE: Final = "DataFrame, a NamedTuple or dataclass of DataFrames, Model or Report"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """Arguments of the `@job` decorator."""

    writes: str | Write | Sequence[str | Write] | None
    mode: Mode | None
    replace: tuple[str, ...] | None
    merge: tuple[str, ...] | None
    partition_by: tuple[str, ...]
    schema_change: bool
    publish_empty: bool
    not_filters: tuple[str, ...]
    registers: str | None
    gates: tuple[Gate, ...]
    stream: str | None = None
    every: str | None = None
    order_by: tuple[str, ...] = ()

    @property
    def table_options(self) -> list[str]:
        """Return the names of the given options that apply only to jobs that return tables."""
        options = {
            "writes": self.writes,
            "mode": self.mode,
            "replace": self.replace,
            "merge": self.merge,
            "order_by": self.order_by,
            "partition_by": self.partition_by,
            "schema_change": self.schema_change,
            "publish_empty": self.publish_empty,
            "not_filters": self.not_filters,
            "stream": self.stream,
        }
        return [name for name, value in options.items() if value]


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
    frames = all(get_type_name(resolve(_unwrap_forward_ref(kind))) == "DataFrame" for kind in fields.values())
    return tuple(fields) if frames else ()


def _unwrap_forward_ref(kind: Any) -> Any:
    return getattr(kind, "__forward_arg__", kind)


def _declare_model(name: str, options: JobOptions) -> ReturnDeclaration:
    problems = _check_table_options(options, "a Model")
    registers = options.registers or name.removeprefix("train_")
    if not _NAME.fullmatch(registers):
        problems.append(f"registers={registers!r} is not a name: letters, digits and _ only")
    problems += [
        f"Gate({gate.metric!r}) compares with nothing: give at_least, at_most or not_worse=True"
        for gate in options.gates
        if gate.at_least is None and gate.at_most is None and not gate.not_worse
    ]
    return ReturnDeclaration(kind="model", registers=registers, problems=tuple(problems))


def _check_table_options(options: JobOptions, returned: str) -> list[str]:
    """Return a problem for each given option that only jobs with tables have."""
    return [
        f"{name}= is for a job that returns tables, and it returns {returned}"
        for name in options.table_options
    ]


def _check_model_options(options: JobOptions) -> list[str]:
    """Return a problem for each given option that only jobs with a model have."""
    options_of_models = {"registers": options.registers, "gates": options.gates}
    return [
        f"{name}= is for a job that returns a Model" for name, value in options_of_models.items() if value
    ]


def _declare_tables(kind: Kind, names: tuple[str, ...], options: JobOptions) -> ReturnDeclaration:
    problems = _check_model_options(options)
    is_list = isinstance(options.writes, list | tuple)
    targets: Any = names if options.writes is None else options.writes if is_list else (options.writes,)
    if len(targets) != len(names):
        message = f"writes= names {len(targets)} tables and it returns {len(names)}"
        problems.append(message + (f" ({', '.join(names)})" if kind == "tables" else " DataFrame"))
    mode = _resolve_mode(options, problems)
    writes = tuple(
        target if isinstance(target, Write) else _to_write(target, mode, options) for target in targets
    )
    problems += [text for write in writes for text in _check_write(write)]
    tables = [write.table for write in writes]
    problems += [f"it writes `{table}` twice" for table in dict.fromkeys(tables) if tables.count(table) > 1]
    return ReturnDeclaration(kind=kind, writes=writes, problems=tuple(dict.fromkeys(problems)))


def _resolve_mode(options: JobOptions, problems: list[str]) -> Mode:
    """Return the write mode, which `replace=` and `merge=` imply; append contradictions to `problems`."""
    implied: list[Mode] = ["replace"] if options.replace is not None else []
    implied += ["merge"] if options.merge is not None else []
    if len(implied) > 1:
        problems.append("replace= and merge= exclude each other")
    if implied and options.mode not in (None, implied[0]):
        problems.append(f"mode={options.mode!r} and {implied[0]}= contradict each other")
    return implied[0] if implied else options.mode or "overwrite"


def _to_write(table: str, mode: Mode, options: JobOptions) -> Write:
    return Write(
        table=table,
        mode=mode,
        by=options.replace or options.merge or (),
        partition_by=options.partition_by,
        schema_change=options.schema_change,
        publish_empty=options.publish_empty,
        order_by=options.order_by,
    )


def _check_write(write: Write) -> list[str]:
    problems = []
    if not isinstance(write.table, str) or not _NAME.fullmatch(write.table):
        problems.append(f"writes={write.table!r} is not a table's name: letters, digits and _ only")
    if write.mode not in get_args(Mode):
        problems.append(f"mode={write.mode!r} is not a mode; allowed: {', '.join(get_args(Mode))}")
    if write.mode in ("replace", "merge") and not write.by:
        problems.append(f"mode={write.mode!r} needs its columns: write {write.mode}='column'")
    if write.publish_empty and not write.removes_rows:
        problems.append(
            f"publish_empty= is for the modes overwrite and replace: with mode={write.mode!r} a frame without rows removes nothing"
        )
    if write.order_by and write.mode != "merge":
        problems.append(f"order_by= is for merge=, and the mode is {write.mode!r}")
    return problems
