"""Compile the stages that make features."""

from __future__ import annotations

from typing import Any

import numpy as np

from sparkops.compiler.plan import Plan, Uncompiled
from sparkops.compiler.saved_stage import Saved, dense, double
from sparkops.scoring.ir.field import NUMBERS


def string_indexer(saved: Saved, plan: Plan) -> None:
    """Compile StringIndexerModel; a column that is not there is passed over, as Spark does."""
    row = saved.rows()[0]
    lists = row["labelsArray"] if "labelsArray" in row else [row["labels"]]
    for (source, target), labels in zip(saved.pairs(), lists, strict=True):
        if source not in plan.types and saved.params["handleInvalid"] == "skip":
            raise Uncompiled(
                f"it skips rows by `{source}`, which rows to score do not hold: Spark refuses them all. "
                "Set handleInvalid of the label's indexer to error or keep"
            )
        if source not in plan.types:
            plan.labels[target] = tuple(labels)
            continue
        kind = plan.kind(source)
        if kind == "vector":
            raise Uncompiled(f"it indexes the vector column `{source}`")
        if kind in ("float", "double") and "NaN" in labels:
            raise Uncompiled("it has NaN among its labels")
        params = {"labels": list(labels), "invalid": saved.params["handleInvalid"], "type": kind}
        plan.add(saved, "string_index", [source], [(target, "double")], params=params)
        plan.labels[target] = tuple(labels)


def one_hot_encoder(saved: Saved, plan: Plan) -> None:
    """Compile OneHotEncoderModel."""
    sizes = saved.rows()[0]["categorySizes"]
    keep, drop_last = saved.params["handleInvalid"] == "keep", bool(saved.params["dropLast"])
    for (source, target), size in zip(saved.pairs(), sizes, strict=True):
        plan.numeric(source)
        params = {"categories": int(size), "keep": keep, "drop_last": drop_last}
        plan.add(saved, "one_hot", [source], [(target, "vector")], params=params)


def imputer(saved: Saved, plan: Plan) -> None:
    """Compile ImputerModel; the output has the input's type."""
    surrogates, missing = saved.rows()[0], saved.number("missingValue")
    for source, target in saved.pairs():
        kind = plan.numeric(source)
        arrays = {"surrogate": np.array([float(surrogates[source])]), "missing": np.array([missing])}
        plan.add(saved, "impute", [source], [(target, kind)], params={"type": kind}, arrays=arrays)


def bucketizer(saved: Saved, plan: Plan) -> None:
    """Compile Bucketizer, which QuantileDiscretizer fits too."""
    several = saved.params.get("splitsArray")
    lists = several if saved.params.get("inputCols") else [saved.params["splits"]]
    pairs = saved.pairs()
    for (source, target), splits in zip(pairs, lists or (), strict=True):
        plan.numeric(source)
        params = {"invalid": saved.params["handleInvalid"]}
        arrays = {"splits": np.array([double(split) for split in splits])}
        plan.add(saved, "bucketize", [source], [(target, "double")], params=params, arrays=arrays)


def vector_assembler(saved: Saved, plan: Plan) -> None:
    """Compile VectorAssembler."""
    inputs = saved.params["inputCols"]
    for source in inputs:
        if plan.types.get(source, "").startswith("decimal("):
            continue  # held as the double that it is assembled as
        if plan.kind(source) not in {*NUMBERS, "boolean", "vector"}:
            raise Uncompiled(f"it assembles `{source}`, which is {plan.kind(source)}")
    params = {"invalid": saved.params["handleInvalid"]}
    plan.add(saved, "assemble", inputs, [(saved.params["outputCol"], "vector")], params=params)


def standard_scaler(saved: Saved, plan: Plan) -> None:
    """Compile StandardScalerModel: times the reciprocal of the deviation, 0 where that is 0."""
    row = saved.rows()[0]
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    if saved.params["withMean"]:
        arrays["shift"] = dense(row["mean"])
    if saved.params["withStd"]:
        std = dense(row["std"])
        arrays["scale"] = np.divide(1.0, std, out=np.zeros(len(std)), where=std != 0.0)
    _rescale(saved, plan, arrays)


def min_max_scaler(saved: Saved, plan: Plan) -> None:
    """Compile MinMaxScalerModel: a slot without a range gives the middle of the output."""
    row, low, high = saved.rows()[0], saved.number("min"), saved.number("max")
    first, span = dense(row["originalMin"]), dense(row["originalMax"]) - dense(row["originalMin"])
    scale = np.divide(high - low, span, out=np.zeros(len(span)), where=span != 0.0)
    constant = np.where(scale == 0.0, (low + high) / 2.0, np.nan)
    arrays = {"shift": first, "scale": scale, "add": np.full(len(span), low), "constant": constant}
    _rescale(saved, plan, arrays)


def index_to_string(saved: Saved, plan: Plan) -> None:
    """Compile IndexToString, by its own labels or by those its input column was indexed with."""
    source, target = saved.params["inputCol"], saved.params["outputCol"]
    labels = saved.params.get("labels") or plan.labels.get(source)
    if not labels:
        raise Uncompiled(f"it has no labels, and `{source}` brings none")
    plan.numeric(source)
    plan.add(saved, "index_to_string", [source], [(target, "string")], params={"labels": list(labels)})


def _rescale(saved: Saved, plan: Plan, arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    source, target = saved.params["inputCol"], saved.params["outputCol"]
    plan.vector(source, next((len(array) for array in arrays.values()), None))
    plan.add(saved, "rescale", [source], [(target, "vector")], arrays=arrays)
