"""Compile SQLTransformer."""

from __future__ import annotations

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.sql.select import compile_select, list_aliases
from sparkops.scoring.sql.expression import Expression, expression_to_json, find_referenced_columns

NewColumn = tuple[str, Expression]


def compile_sql_transformer(saved: SavedStage, plan: Plan) -> None:
    """Add a step for each new column, and one that drops rows."""
    statement = str(saved.params["statement"])
    try:
        selected = compile_select(statement, plan.types, plan.session)
    except CannotCompile:
        # Later stages then do not report these columns as missing.
        for name in list_aliases(statement):
            plan.types.setdefault(name, "double")
        raise
    for condition in selected.conditions:
        _add_step(saved, plan, "where", condition, [])
    new_columns = _order_columns(selected.computed)
    labels = dict(plan.labels)
    for name in [name for name in plan.types if name not in selected.unchanged]:
        del plan.types[name]
        plan.labels.pop(name, None)
    for name, tree in new_columns:
        _add_step(saved, plan, "select", tree, [(name, tree.type)])
        if tree.op == "column" and tree.value in labels:
            plan.labels[name] = labels[tree.value]


def _add_step(
    saved: SavedStage, plan: Plan, op: str, tree: Expression, outputs: list[tuple[str, str]]
) -> None:
    params = {"nodes": expression_to_json(tree), **({"invalid": "skip"} if op == "where" else {})}
    plan.add_step(saved, op, list(find_referenced_columns(tree)), outputs, params=params)


def _order_columns(new_columns: tuple[NewColumn, ...]) -> list[NewColumn]:
    """Order new columns so that one that takes an old name comes after all that read the old column."""
    remaining, ordered = list(new_columns), []
    while remaining:
        unread = next((item for item in remaining if not _is_read(item, remaining)), None)
        if unread is None:
            raise CannotCompile(
                f"it makes the columns {', '.join(name for name, _ in remaining)} out of each other"
            )
        remaining.remove(unread)
        ordered.append(unread)
    return ordered


def _is_read(item: NewColumn, others: list[NewColumn]) -> bool:
    return any(item[0] in find_referenced_columns(tree) for name, tree in others if name != item[0])
