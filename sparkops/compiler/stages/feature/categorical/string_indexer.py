"""Compile StringIndexerModel."""

from __future__ import annotations

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage


def compile_string_indexer(saved: SavedStage, plan: Plan) -> None:
    """Add a `string_index` step for each input column that rows to score have. Spark, too, ignores a missing column."""
    row = saved.read_rows()[0]
    label_lists = row["labelsArray"] if "labelsArray" in row else [row["labels"]]
    for (source, target), labels in zip(saved.read_column_pairs(), label_lists, strict=True):
        if source in plan.types:
            _add_index(saved, plan, source, target, labels)
        elif saved.params["handleInvalid"] == "skip":
            raise CannotCompile(
                f"it skips rows by `{source}`, which rows to score do not hold: Spark refuses them all. "
                "Set handleInvalid of the label's indexer to error or keep"
            )
        else:
            plan.missing.add(source)
        plan.labels[target] = (
            (*labels, "__unknown") if saved.params["handleInvalid"] == "keep" else tuple(labels)
        )


def _add_index(saved: SavedStage, plan: Plan, source: str, target: str, labels: list[str]) -> None:
    type_ = plan.find_column_type(source)
    if type_ == "vector":
        raise CannotCompile(f"it indexes the vector column `{source}`")
    if type_ in ("float", "double") and "NaN" in labels:
        raise CannotCompile("it has NaN among its labels")
    params = {"labels": list(labels), "invalid": saved.params["handleInvalid"], "type": type_}
    plan.add_step(saved, "string_index", [source], [(target, "double")], params=params)
