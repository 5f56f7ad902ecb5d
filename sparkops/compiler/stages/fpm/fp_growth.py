"""Compile FPGrowthModel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.stages.shared.predictor import read_prediction_column
from sparkops.scoring.ir.description import Output
from sparkops.scoring.stages.fpm.fp_growth import TYPES

Items = tuple[str | int | None, ...]


def compile_fp_growth(saved: SavedStage, plan: Plan) -> None:
    """Add a `rules` step: items -> consequents of the association rules whose antecedent they contain.

    Rules are ordered by descending confidence. Spark's own order depends on the partitions of its tables.
    """
    source, prediction = str(saved.params["itemsCol"]), read_prediction_column(saved)
    type_ = plan.find_column_type(source)
    if type_ not in TYPES:
        raise CannotCompile(f"it needs arrays of text or integers in `{source}`, which is {type_}")
    frequencies = {tuple(row["items"]): int(row["freq"]) for row in saved.read_rows()}
    if not all(item is None or isinstance(item, str | bool | int) for items in frequencies for item in items):
        raise CannotCompile("its items are neither text nor integers")
    params = {"rules": _read_association_rules(frequencies, saved.read_double("minConfidence"))}
    plan.add_step(saved, "rules", [source], [(prediction, type_)], params=params)
    plan.add_output(Output(prediction, type_, prediction, "set"))


def _read_association_rules(frequencies: Mapping[Items, int], min_confidence: float) -> list[list[Any]]:
    """Return [antecedent, consequent] pairs by descending confidence."""
    rules = []
    for items, count in frequencies.items():
        for index, consequent in enumerate(items):
            antecedent = (*items[:index], *items[index + 1 :])
            confidence = count / frequencies[antecedent] if antecedent in frequencies else -1.0
            if antecedent and confidence >= min_confidence:
                sort_key = (-confidence, repr((antecedent, consequent)))
                rules.append((sort_key, [list(antecedent), consequent]))
    return [rule for _, rule in sorted(rules, key=lambda pair: pair[0])]
