"""Compile alternating least squares and association rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sparkops.compiler.plan import Plan, Uncompiled
from sparkops.compiler.saved_stage import Saved
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Output
from sparkops.scoring.stages.fpm.fp_growth import TYPES

from .shared.predictor import predicted

Items = tuple[str | int | None, ...]


def als(saved: Saved, plan: Plan) -> None:
    """Compile ALSModel: `drop` drops rows of unknown ids, `nan` answers NaN."""
    prediction = predicted(saved)
    inputs = [str(saved.params["userCol"]), str(saved.params["itemCol"])]
    for name in inputs:
        plan.numeric(name)
    users, items = (_factors(saved, name) for name in ("userFactors", "itemFactors"))
    arrays = {"users": users[0], "user_factors": users[1], "items": items[0], "item_factors": items[1]}
    drops = str(saved.params["coldStartStrategy"]).lower() == "drop"
    params = {"invalid": "skip" if drops else "keep"}
    plan.add(saved, "recommend", inputs, [(prediction, "float")], params=params, arrays=arrays)
    plan.outputs.append(Output(prediction, "float", prediction, "prediction"))
    for (
        name
    ) in inputs:  # Spark puts integers in their place: a later stage would not read what the field holds
        if plan.types[name] != "integer":
            plan.types[name] = f"integer, which {saved.kind} made of {plan.types[name]}"


def _factors(saved: Saved, name: str) -> tuple[Numbers, Numbers]:
    """Return ids, rising, and their factors."""
    rows = sorted(saved.rows(name), key=lambda row: int(row["id"]))
    rank = int(saved.extra["rank"])
    factors = np.array([row["features"] for row in rows], dtype=np.float64).reshape(len(rows), rank)
    return np.array([row["id"] for row in rows], dtype=np.int64), factors


def fp_growth(saved: Saved, plan: Plan) -> None:
    """Compile FPGrowthModel: its rules, worked out of its frequent sets as Spark does.

    The surest rule's item comes first. Spark's own order changes with how its tables happen to be split.
    """
    source, prediction = str(saved.params["itemsCol"]), predicted(saved)
    kind = plan.kind(source)
    if kind not in TYPES:
        raise Uncompiled(f"it needs arrays of text or whole numbers in `{source}`, which is {kind}")
    sets = {tuple(row["items"]): int(row["freq"]) for row in saved.rows()}
    if not all(item is None or isinstance(item, str | bool | int) for items in sets for item in items):
        raise Uncompiled("its items are no text and no whole numbers")
    params = {"rules": _rules(sets, saved.number("minConfidence"))}
    plan.add(saved, "rules", [source], [(prediction, kind)], params=params)
    plan.outputs.append(Output(prediction, kind, prediction, "set"))


def _rules(sets: Mapping[Items, int], least: float) -> list[list[Any]]:
    """Return what must be there and what follows, the surest first."""
    rules = []
    for items, count in sets.items():
        for at, item in enumerate(items):
            needed = (*items[:at], *items[at + 1 :])
            sure = count / sets[needed] if needed in sets else -1.0
            if needed and sure >= least:
                rules.append((-sure, repr((needed, item)), [list(needed), item]))
    return [rule for *_, rule in sorted(rules)]
