"""Bind the nodes of an expression to the session that their results depend on, and find out which session that was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sparkops.compiler.session import SessionSettings
from sparkops.scoring.ir.description import Description
from sparkops.scoring.sql.expression import Expression, expression_from_json
from sparkops.scoring.sql.runtime.casts import needs_java
from sparkops.scoring.sql.runtime.time_casts import needs_zone
from sparkops.scoring.sql.types import parse_element_type

# Operations whose value ends with the time zone.
_ZONED = frozenset((
    "make_timestamp", "try_make_timestamp", "timestampadd", "to_timestamp", "try_to_timestamp", "unix_timestamp",
    "unix_seconds", "unix_millis", "unix_micros", "from_unixtime", "timestamp_seconds", "timestamp_millis",
    "timestamp_micros", "to_utc_timestamp", "from_utc_timestamp", "hash", "xxhash64", "months_between",
    "exact_months_between",
))  # fmt: skip
# Operations whose value ends with the version of Java.
_JAVA = frozenset(("format_number", "printf", "get_json_object"))


def bind_session(node: Expression, session: SessionSettings) -> Expression:
    """Return an expression whose nodes name the time zone, or the version of Java, where their results depend on it."""
    if not node.args:
        return node
    args = tuple(bind_session(arg, session) for arg in node.args)
    return replace(node, args=args, value=_find_value(node, session))


def _find_value(node: Expression, session: SessionSettings) -> Any:
    if node.op in _ZONED:
        return (*node.value, session.time_zone)
    if node.op in _JAVA:
        return (*node.value, session.java)
    if node.op in ("cast", "try_cast"):
        source, target = (parse_element_type(type_) or type_ for type_ in (node.args[0].type, node.type))
        if needs_zone(source, target):
            return session.time_zone
        if needs_java(source, target):
            return session.java
    return node.value


def find_session_conf(description: Description) -> dict[str, str]:
    """Return the settings of Spark's session on which the results of a compiled model depend."""
    trees = [
        expression_from_json(step.params["nodes"], step.stage)
        for step in description.steps
        if "nodes" in step.params
    ]
    nodes = [node for tree in trees for node in _walk(tree)]
    conf = {"spark.sql.ansi.enabled": "true"} if any(node.args for node in nodes) else {}
    zones = {zone for zone in (_find_time_zone(node) for node in nodes) if zone}
    zones |= {field.zone for field in description.fields if field.zone}
    return conf | ({"spark.sql.session.timeZone": min(zones)} if zones else {})


def _walk(node: Expression) -> Iterator[Expression]:
    yield node
    for arg in node.args:
        yield from _walk(arg)


def _find_time_zone(node: Expression) -> str | None:
    """Return the time zone that a node is bound to, if it is."""
    if node.op in _ZONED:
        return str(node.value[-1])
    is_zoned_cast = node.op in ("cast", "try_cast") and isinstance(node.value, str)
    return str(node.value) if is_zoned_cast else None
