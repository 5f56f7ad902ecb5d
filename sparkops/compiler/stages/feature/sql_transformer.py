"""Compile SQLTransformer."""

from __future__ import annotations

from sparkops.compiler.plan import Plan, Uncompiled
from sparkops.compiler.saved_stage import Saved
from sparkops.compiler.sql.select import names_made, select
from sparkops.scoring.sql.node import Node, columns, plain

Made = tuple[str, Node]


def sql_transformer(saved: Saved, plan: Plan) -> None:
    """Compile SQLTransformer: a step for each column that it makes, and one that drops rows."""
    statement = str(saved.params["statement"])
    try:
        found = select(statement, plan.types)
    except Uncompiled:
        for name in names_made(statement):  # so that stages after it are not blamed
            plan.types.setdefault(name, "double")
        raise
    if found.where is not None:
        _add(saved, plan, "where", found.where, [])
    made = _in_turn(found.made)
    labels = dict(plan.labels)
    for name in [name for name in plan.types if name not in found.kept]:
        del plan.types[name]
        plan.labels.pop(name, None)
    for name, tree in made:
        _add(saved, plan, "select", tree, [(name, tree.type)])
        if tree.op == "column" and tree.value in labels:
            plan.labels[name] = labels[tree.value]


def _add(saved: Saved, plan: Plan, op: str, tree: Node, outputs: list[tuple[str, str]]) -> None:
    params = {"nodes": plain(tree), **({"invalid": "skip"} if op == "where" else {})}
    plan.add(saved, op, list(columns(tree)), outputs, params=params)


def _in_turn(made: tuple[Made, ...]) -> list[Made]:
    """Return new columns in an order in which one that takes an old name comes after all that read the old column."""
    left, turn = list(made), []
    while left:
        free = next((item for item in left if not _is_read(item, left)), None)
        if free is None:
            raise Uncompiled(f"it makes the columns {', '.join(name for name, _ in left)} out of each other")
        left.remove(free)
        turn.append(free)
    return turn


def _is_read(item: Made, left: list[Made]) -> bool:
    return any(item[0] in columns(tree) for name, tree in left if name != item[0])
