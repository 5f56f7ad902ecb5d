"""Build and check the writes of a job that returns tables, from the options of its decorator."""

from __future__ import annotations

import re
from typing import Any, Final, get_args

from sparkops.pipeline.declaration.decorator_options import JobOptions
from sparkops.pipeline.job import Kind
from sparkops.pipeline.write import Mode, Write

NAME_PATTERN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def build_writes(
    kind: Kind, names: tuple[str, ...], options: JobOptions
) -> tuple[tuple[Write, ...], list[str]]:
    """Return one write for each table, and the problems of the options.

    Args:
        kind: `table` for a job that returns one frame, `tables` for several.
        names: Name of each frame that the job returns; the name of its table, unless `writes=` gives another.
        options: The options of the decorator.
    """
    problems: list[str] = []
    targets: Any = names
    if options.writes is not None:
        targets = options.writes if isinstance(options.writes, list | tuple) else (options.writes,)
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
    return writes, problems


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
    if not isinstance(write.table, str) or not NAME_PATTERN.fullmatch(write.table):
        problems.append(f"writes={write.table!r} is not a table's name: letters, digits and _ only")
    if write.mode not in get_args(Mode):
        problems.append(f"mode={write.mode!r} is not a mode; allowed: {', '.join(get_args(Mode))}")
    if write.mode in ("replace", "merge") and not write.by:
        problems.append(f"mode={write.mode!r} needs its columns: write {write.mode}='column'")
    if write.publish_empty and not write.removes_rows:
        problems.append(
            f"publish_empty= is for the modes overwrite and replace: with mode={write.mode!r} a frame without rows "
            "removes nothing"
        )
    if write.order_by and write.mode != "merge":
        problems.append(f"order_by= is for merge=, and the mode is {write.mode!r}")
    return problems
