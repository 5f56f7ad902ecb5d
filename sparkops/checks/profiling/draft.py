"""A table's profile as the text of a suite: commented YAML that a person reads, edits and commits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from sparkops.checks.profiling.profile import ColumnProfile, TableProfile
from sparkops.checks.profiling.proposals import Proposal, number, of_column

_WIDTH = 118
_LONG = 60  # characters of a type in a comment
_INDENT = 8
_FIRST = 50  # about the length of an expectation's name


def draft(profile: TableProfile, *, version: int | None = None, writes: Sequence[int] = ()) -> str:
    """Return conf/checks/<table>.yml for a table; it holds on the rows that were profiled.

    Args:
        profile: What was seen.
        version: The version that was looked at; None for a source.
        writes: Rows that each earlier write of the table brought, where known.
    """
    parts = [_head(profile, version), *_about_table(profile, writes)]
    parts += [line for column in profile.columns for line in _about_column(profile, column)]
    return "\n".join(parts) + "\n"


def _head(profile: TableProfile, version: int | None) -> str:
    at = "" if version is None else f" version {version}"
    held = f"{_counted(profile.rows, 'row')}, {_counted(len(profile.columns), 'column')}"
    return (
        f"# Drafted from `{_said(profile.table)}`{at}: {held}. It was seen once and is promised by nobody:\n"
        "# read each line, widen it or take it out. `policy: warn` marks a guess; what has no policy blocks the table.\n"
        "policy: fail\n"
        "expectations:"
    )


def _about_table(profile: TableProfile, writes: Sequence[int]) -> Iterator[str]:
    yield from _written(_columns(profile))
    if profile.rows:
        yield from _written(_volume(profile.rows, writes))
        if not any(column.unique for column in profile.columns):
            yield "  # No column is a key by itself. If some are together, say so:"
            yield "  # - expect_compound_columns_to_be_unique: {column_list: [..., ...]}"
    else:
        yield "  # No rows, so nothing was seen of the values. When there are some, draft this again, or begin with"
        yield "  # - expect_table_row_count_to_be_between: {min_value: 1}"


def _columns(profile: TableProfile) -> Proposal:
    return Proposal(
        type="expect_table_columns_to_match_set",
        kwargs={"column_set": list(profile.names), "exact_match": True},
        seen="these columns and no others; `exact_match: false` allows more",
    )


def _volume(rows: int, writes: Sequence[int]) -> Proposal:
    """Return half to twice of what was seen, of the table and of what its writes brought: a check meets both."""
    known = [count for count in writes if count]
    seen = f"{rows:,} now: half to twice of it"
    if len(known) > 1:
        brought = f"{min(known):,} to {max(known):,}" if min(known) < max(known) else f"{min(known):,} each"
        seen = f"{rows:,} now, {len(known)} writes brought {brought}: half to twice of that"
    return Proposal(
        type="expect_table_row_count_to_be_between",
        kwargs={"min_value": max(1, min([rows, *known]) // 2), "max_value": 2 * max([rows, *known])},
        seen=seen,
        policy="fail" if len(known) > 1 else "warn",
    )


def _about_column(profile: TableProfile, column: ColumnProfile) -> Iterator[str]:
    yield ""
    told = _told(profile, column)
    yield f"  # {_said(column.name)}: {told}" if told else f"  # {_said(column.name)}"
    for proposal in of_column(profile, column):
        yield from _written(proposal)


def _told(profile: TableProfile, column: ColumnProfile) -> str:
    """Return what was seen of a column that no expectation says."""
    facts = [_said(column.type_text, _LONG)] if column.type_name is None else []
    filled = profile.filled(column)
    if profile.rows and not filled:
        facts.append("all null: say what it should hold, or take it out of the table")
    elif column.nulls > filled:
        facts.append(f"{column.nulls:,} nulls of {profile.rows:,}, so values are not expected")
    if column.values is not None:
        facts.append(_counted(len(column.values), "value"))
    elif filled and column.nans == filled:
        facts.append("NaN alone")
    elif column.distinct and not column.unique and column.kind != "truth":
        facts.append(f"about {_counted(min(column.distinct, filled), 'value')}")
    if column.mean is not None and not column.unique:
        facts.append(f"mean {number(column.mean)}")
        facts += [] if column.deviation is None else [f"deviation {number(column.deviation)}"]
    if column.trues is not None and filled:
        facts.append(f"{column.trues:,} of {filled:,} true")
    facts += [f"{column.blanks:,} blank"] if column.blanks else []
    return ", ".join(facts)


def _written(proposal: Proposal) -> Iterator[str]:
    """Yield an expectation with what was seen behind it, or above it where that is too long for a line."""
    policy = {} if proposal.policy == "fail" else {"policy": proposal.policy}
    first, *rest = _flow({**proposal.kwargs, **policy})
    line, comment = f"  - {proposal.type}: {first}", f"# {_said(proposal.seen)}"
    if not rest and len(f"{line}  {comment}") <= _WIDTH:
        yield f"{line}  {comment}"
        return
    yield f"  {comment}"
    yield line
    yield from (f"      {each}" for each in rest)


def _flow(arguments: dict[str, Any]) -> list[str]:
    """Return arguments in YAML's flow style, broken between the values of a list where they are long."""
    pieces = [
        (f"{_scalar(name)}: " if not n else "") + text
        for name, value in arguments.items()
        for n, text in enumerate(_items(value))
    ]
    pieces = [f"{{{pieces[0]}", *pieces[1:]]
    lines = [pieces[0]]
    for piece in pieces[1:]:
        if len(lines[-1]) + len(piece) < _WIDTH - (_INDENT if len(lines) > 1 else _FIRST):
            lines[-1] += f", {piece}"
        else:
            lines[-1] += ","
            lines.append(piece)
    return [*lines[:-1], lines[-1] + "}"]


def _items(value: Any) -> list[str]:
    if not isinstance(value, list) or not value:
        return [_scalar(value)]
    texts = [_scalar(each) for each in value]
    texts[0] = f"[{texts[0]}"
    return [*texts[:-1], f"{texts[-1]}]"]


def _scalar(value: Any) -> str:
    """Return a value as YAML writes it inside of a list."""
    quoted = isinstance(value, str) and not value.isprintable()  # so that it stays in its line
    text: str = yaml.safe_dump(
        [value],
        default_flow_style=True,
        default_style='"' if quoted else None,
        allow_unicode=True,
        width=float("inf"),
    )
    return text.strip()[1:-1]


def _said(text: str, limit: int = 200) -> str:
    """Return text that stays inside of its comment: signs that would end the line are written out."""
    plain = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
    return plain if len(plain) <= limit else f"{plain[: limit - 3]}..."


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
