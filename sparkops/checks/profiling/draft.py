"""Write the draft of a suite from a table's profile: commented YAML to read, edit and commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from sparkops.checks.profiling.profile import ColumnProfile, TableProfile
from sparkops.checks.profiling.proposals import Proposal, format_number, propose_for_column
from sparkops.config.core_schema import CoreDumper
from sparkops.core.wording import format_count, truncate

_MAX_WIDTH = 118
_MAX_TYPE_WIDTH = 60
_INDENT = 8
# Width reserved for the name of an expectation.
_NAME_WIDTH = 50


def draft(profile: TableProfile, *, version: int | None = None, writes: Sequence[int] = ()) -> str:
    """Return the text of conf/checks/<table>.yml: a suite that the profiled rows pass.

    Args:
        profile: The profile of the table.
        version: The version that was profiled; None for a source.
        writes: Rows of each earlier write to the table, if known.
    """
    lines = [_format_header(profile, version), *_format_table(profile, writes)]
    for column in profile.columns:
        lines += _format_column(profile, column)
    return "\n".join(lines) + "\n"


def _format_header(profile: TableProfile, version: int | None) -> str:
    version_text = "" if version is None else f" version {version}"
    size = f"{format_count(profile.rows, 'row')}, {format_count(len(profile.columns), 'column')}"
    return (
        f"# Drafted from `{_escape_comment(profile.table)}`{version_text}: {size}. It "
        "describes what was observed once:\n"
        "# read each line, then widen or remove it. `policy: warn` marks a guess; "
        "what has no policy blocks the table.\n"
        "policy: fail\n"
        "expectations:"
    )


def _format_table(profile: TableProfile, writes: Sequence[int]) -> Iterator[str]:
    yield from _format_proposal(_propose_columns(profile))
    if profile.rows:
        yield from _format_proposal(_propose_row_count(profile.rows, writes))
        if not any(column.unique for column in profile.columns):
            yield "  # No single column is a key. If several columns are one together, name them:"
            yield "  # - expect_compound_columns_to_be_unique: {column_list: [..., ...]}"
    else:
        yield "  # No rows, so no values were observed. Draft again when there are some, or begin with"
        yield "  # - expect_table_row_count_to_be_between: {min_value: 1}"


def _propose_columns(profile: TableProfile) -> Proposal:
    return Proposal(
        type="expect_table_columns_to_match_set",
        kwargs={"column_set": list(profile.names), "exact_match": True},
        comment="these columns and no others; `exact_match: false` allows more",
    )


def _propose_row_count(rows: int, writes: Sequence[int]) -> Proposal:
    """Return half to twice the rows of the table and of its writes, because a checkpoint sees either."""
    known = [count for count in writes if count]
    comment = f"{rows:,} rows: half to twice as many"
    if len(known) > 1:
        range_ = f"{min(known):,} to {max(known):,}" if min(known) < max(known) else f"{min(known):,} each"
        comment = f"{rows:,} rows, {len(known)} writes of {range_}: half to twice as many"
    return Proposal(
        type="expect_table_row_count_to_be_between",
        kwargs={"min_value": max(1, min([rows, *known]) // 2), "max_value": 2 * max([rows, *known])},
        comment=comment,
        policy="fail" if len(known) > 1 else "warn",
    )


def _format_column(profile: TableProfile, column: ColumnProfile) -> Iterator[str]:
    yield ""
    statistics = _describe_statistics(profile, column)
    name = _escape_comment(column.name)
    yield f"  # {name}: {statistics}" if statistics else f"  # {name}"
    for proposal in propose_for_column(profile, column):
        yield from _format_proposal(proposal)


def _describe_statistics(profile: TableProfile, column: ColumnProfile) -> str:
    """Return what was observed that no expectation states."""
    facts = [_escape_comment(column.type_text, _MAX_TYPE_WIDTH)] if column.type_name is None else []
    facts += _describe_nulls(profile, column)
    non_nulls = profile.count_non_nulls(column)
    if column.values is not None:
        facts.append(format_count(len(column.values), "value"))
    elif non_nulls and column.nans == non_nulls:
        facts.append("only NaN")
    elif column.distinct and not column.unique and column.kind != "boolean":
        facts.append(f"about {format_count(min(column.distinct, non_nulls), 'value')}")
    if column.mean is not None and not column.unique:
        facts.append(f"mean {format_number(column.mean)}")
        facts += [] if column.stddev is None else [f"standard deviation {format_number(column.stddev)}"]
    if column.trues is not None and non_nulls:
        facts.append(f"{column.trues:,} of {non_nulls:,} true")
    facts += [f"{column.blanks:,} blank"] if column.blanks else []
    return ", ".join(facts)


def _describe_nulls(profile: TableProfile, column: ColumnProfile) -> list[str]:
    non_nulls = profile.count_non_nulls(column)
    if profile.rows and not non_nulls:
        return ["all null: describe what it should contain, or remove it from the table"]
    if column.nulls > non_nulls:
        return [f"{column.nulls:,} nulls of {profile.rows:,}, so values are not required"]
    return []


def _format_proposal(proposal: Proposal) -> Iterator[str]:
    """Yield an expectation with its comment at the end of the line, or above it if the line would be too long."""
    policy = {} if proposal.policy == "fail" else {"policy": proposal.policy}
    first, *rest = _format_arguments({**proposal.kwargs, **policy})
    line, comment = f"  - {proposal.type}: {first}", f"# {_escape_comment(proposal.comment)}"
    if not rest and len(f"{line}  {comment}") <= _MAX_WIDTH:
        yield f"{line}  {comment}"
        return
    yield f"  {comment}"
    yield line
    yield from (f"      {continuation}" for continuation in rest)


def _format_arguments(arguments: dict[str, Any]) -> list[str]:
    """Return arguments in YAML's flow style, broken between the items of a list if they are long."""
    tokens = [
        (f"{_format_scalar(name)}: " if position == 0 else "") + text
        for name, value in arguments.items()
        for position, text in enumerate(_format_items(value))
    ]
    lines = [f"{{{tokens[0]}"]
    for token in tokens[1:]:
        if len(lines[-1]) + len(token) < _MAX_WIDTH - (_INDENT if len(lines) > 1 else _NAME_WIDTH):
            lines[-1] += f", {token}"
        else:
            lines[-1] += ","
            lines.append(token)
    return [*lines[:-1], lines[-1] + "}"]


def _format_items(value: Any) -> list[str]:
    """Return the items of a list as text, with its brackets; any other value as one text."""
    if not isinstance(value, list) or not value:
        return [_format_scalar(value)]
    texts = [_format_scalar(item) for item in value]
    texts[0] = f"[{texts[0]}"
    return [*texts[:-1], f"{texts[-1]}]"]


def _format_scalar(value: Any) -> str:
    """Return a value as YAML writes it in a list."""
    # Quotes keep text with line breaks on one line.
    quoted = isinstance(value, str) and not value.isprintable()
    text: str = yaml.dump(
        [value],
        Dumper=CoreDumper,
        default_flow_style=True,
        default_style='"' if quoted else None,
        allow_unicode=True,
        width=float("inf"),
    )
    return text.strip()[1:-1]


def _escape_comment(text: str, limit: int = 200) -> str:
    """Return text that fits in a comment: characters that would end the line are escaped."""
    escaped = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return truncate(escaped, limit)
