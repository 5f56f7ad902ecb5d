"""Compile the stages that make numbers and vectors of numbers and vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sparkops.compiler.plan import Plan, Uncompiled
from sparkops.compiler.provenance import active, categories, stored
from sparkops.compiler.saved_stage import Saved, dense, double, matrix
from sparkops.scoring.stages.feature.vector import dct as cosine
from sparkops.scoring.stages.feature.vector import interaction as products
from sparkops.scoring.stages.feature.vector import polynomial_expansion as polynomials

NULL, UNSEEN = -1.0, 2147483647.0  # TargetEncoder's own marks among the categories


def binarizer(saved: Saved, plan: Plan) -> None:
    """Compile Binarizer, of numbers and of vectors."""
    pairs = saved.pairs()
    thresholds = saved.params.get("thresholds") or [saved.params["threshold"]] * len(pairs)
    for (source, target), threshold in zip(pairs, thresholds, strict=True):
        kind = plan.kind(source)
        if kind == "vector":
            plan.vector(source)
        elif kind != "double":
            raise Uncompiled(f"it takes doubles or vectors, and `{source}` is {kind}")
        if np.isnan(double(threshold)):
            raise Uncompiled("its threshold is NaN")
        arrays = {"threshold": np.array([double(threshold)])}
        plan.add(saved, "binarize", [source], [(target, kind)], arrays=arrays)


def dct(saved: Saved, plan: Plan) -> None:
    """Compile DCT."""
    source, target = _columns(saved)
    size = plan.vector(source)
    if size > cosine.MOST:
        raise Uncompiled(f"it transforms {size} slots, and at most {cosine.MOST} are compiled")
    params = {"size": size, "inverse": bool(saved.params["inverse"])}
    plan.add(saved, "dct", [source], [(target, "vector")], params=params)


def elementwise_product(saved: Saved, plan: Plan) -> None:
    """Compile ElementwiseProduct."""
    _scaled(saved, plan, {"scale": dense(saved.params["scalingVec"])})


def max_abs_scaler(saved: Saved, plan: Plan) -> None:
    """Compile MaxAbsScalerModel: times the reciprocal, nothing where that is 0."""
    largest = dense(saved.rows()[0]["maxAbs"])
    _scaled(saved, plan, {"scale": np.divide(1.0, largest, out=np.ones(len(largest)), where=largest != 0.0)})


def robust_scaler(saved: Saved, plan: Plan) -> None:
    """Compile RobustScalerModel: times the reciprocal of the range, 0 where that is 0."""
    row = saved.rows()[0]
    span = dense(row["range"])
    arrays = {"shift": dense(row["median"])} if saved.params["withCentering"] else {}
    if saved.params["withScaling"]:
        arrays["scale"] = np.divide(1.0, span, out=np.zeros(len(span)), where=span != 0.0)
    _scaled(saved, plan, arrays, len(span))


def _scaled(saved: Saved, plan: Plan, arrays: dict[str, Any], size: int | None = None) -> None:
    source, target = _columns(saved)
    plan.vector(source, size or len(arrays["scale"]))
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise Uncompiled("one of its numbers is NaN or infinite")
    plan.add(saved, "rescale", [source], [(target, "vector")], arrays=arrays)


def normalizer(saved: Saved, plan: Plan) -> None:
    """Compile Normalizer."""
    source, target = _columns(saved)
    plan.vector(source)
    params, arrays = {"stored": stored(plan, source)}, {"p": np.array([saved.number("p")])}
    plan.add(saved, "normalize", [source], [(target, "vector")], params=params, arrays=arrays)


def polynomial_expansion(saved: Saved, plan: Plan) -> None:
    """Compile PolynomialExpansion."""
    source, target = _columns(saved)
    size, degree = plan.vector(source), int(saved.params["degree"])
    small = size <= polynomials.SLOTS and degree <= polynomials.DEGREE
    if not small or polynomials.products(size, degree) > polynomials.PRODUCTS:
        most = f"{polynomials.SLOTS} slots, degree {polynomials.DEGREE} and {polynomials.PRODUCTS} products"
        raise Uncompiled(f"it expands {size} slots to degree {degree}, and at most {most} are compiled")
    params = {"size": size, "degree": degree, "stored": stored(plan, source)}
    plan.add(saved, "polynomial", [source], [(target, "vector")], params=params)


def vector_slicer(saved: Saved, plan: Plan) -> None:
    """Compile VectorSlicer by indices."""
    source, target = _columns(saved)
    if saved.params.get("names"):
        raise Uncompiled("it picks slots by name, and names of slots are not kept: pick them by index")
    _picked(saved, plan, source, target, saved.params["indices"])


def selector(saved: Saved, plan: Plan) -> None:
    """Compile ChiSqSelectorModel, UnivariateFeatureSelectorModel and VarianceThresholdSelectorModel."""
    chosen = sorted(saved.rows()[0]["selectedFeatures"])
    _picked(saved, plan, str(saved.params["featuresCol"]), str(saved.params["outputCol"]), chosen)
    if "labelCol" in saved.params:
        plan.truths.add(saved.params["labelCol"])


def _picked(saved: Saved, plan: Plan, source: str, target: str, chosen: Sequence[int]) -> None:
    size = plan.vector(source)
    if chosen and source in plan.code.columns and not 0 <= min(chosen) <= max(chosen) < size:
        raise Uncompiled(f"it picks slot {max(chosen)} of `{source}`, which has {size}")
    arrays = {"slots": np.array(chosen, dtype=np.int64)}
    plan.add(saved, "pick_slots", [source], [(target, "vector")], arrays=arrays)


def vector_size_hint(saved: Saved, plan: Plan) -> None:
    """Compile VectorSizeHint: what it checks of every vector is checked here, but for null."""
    source, size, invalid = saved.params["inputCol"], int(saved.params["size"]), saved.params["handleInvalid"]
    found = plan.vector(source, size)
    if found != size:
        raise Uncompiled(f"it needs vectors of {size} slots in `{source}`, which has {found}")
    if invalid == "optimistic":
        return
    del plan.types[source]  # its output has its input's name
    params = {"size": size, "invalid": invalid}
    plan.add(saved, "vector_size", [source], [(source, "vector")], params=params)


def pca(saved: Saved, plan: Plan) -> None:
    """Compile PCAModel."""
    source, target = _columns(saved)
    directions = np.ascontiguousarray(matrix(saved.rows()[0]["pc"]).T)
    plan.vector(source, directions.shape[1])
    plan.add(saved, "project", [source], [(target, "vector")], arrays={"directions": directions})


def projection_hash(saved: Saved, plan: Plan) -> None:
    """Compile BucketedRandomProjectionLSHModel."""
    source, target = _columns(saved)
    directions = matrix(saved.rows()[0]["randUnitVectors"])
    plan.vector(source, directions.shape[1])
    arrays = {"directions": directions, "factor": np.array([1.0 / saved.number("bucketLength")])}
    plan.add(saved, "projection_hash", [source], [(target, "array<vector>")], arrays=arrays)


def min_hash(saved: Saved, plan: Plan) -> None:
    """Compile MinHashLSHModel."""
    source, target = _columns(saved)
    plan.vector(source)
    pairs = np.array(saved.rows()[0]["randCoefficients"], dtype=np.int64).reshape(-1, 2)
    plan.add(saved, "min_hash", [source], [(target, "array<vector>")], arrays={"coefficients": pairs})


def interaction(saved: Saved, plan: Plan) -> None:
    """Compile Interaction: what is a category is known from the stages that made its columns."""
    sources, target = list(saved.params["inputCols"]), saved.params["outputCol"]
    sizes = [_slots_of(plan, source) for source in sources]
    if np.prod([len(column) for column in sizes], dtype=np.float64) > products.PRODUCTS:
        raise Uncompiled(f"it makes more than {products.PRODUCTS} products of a row")
    vectors = [plan.kind(source) == "vector" for source in sources]
    held = [
        active(plan, source) if vector else "dense" for source, vector in zip(sources, vectors, strict=True)
    ]
    for source, column, word in zip(sources, sizes, held, strict=True):
        if word == "unknown" and max(column, default=0) > 1:
            raise Uncompiled(
                f"it is not known how Spark stores `{source}`, and the categories in it hang on that"
            )
    params = {"sizes": [list(column) for column in sizes], "stored": held}
    plan.add(saved, "interact", sources, [(target, "vector")], params=params)


def _slots_of(plan: Plan, source: str) -> Sequence[int]:
    if plan.kind(source) == "vector":
        plan.vector(source)
    else:
        plan.numeric(source)  # Spark itself refuses booleans here
    found = categories(plan, source)
    if found is None:
        raise Uncompiled(f"Spark itself refuses the vectors of `{source}`: nothing says what their slots are")
    return found


def vector_indexer(saved: Saved, plan: Plan) -> None:
    """Compile VectorIndexerModel."""
    source, target = _columns(saved)
    row = saved.rows()[0]
    size = int(row["numFeatures"])
    plan.vector(source, size)
    maps = {int(slot): dict(pairs) for slot, pairs in _items(row["categoryMaps"])}
    ordered = {slot: sorted(pairs, key=pairs.__getitem__) for slot, pairs in sorted(maps.items())}
    if any(sorted(pairs.values()) != list(range(len(pairs))) for pairs in maps.values()):
        raise Uncompiled("the indices of its categories are not 0, 1, 2, ...")
    if any(np.isnan(value) for values in ordered.values() for value in values):
        raise Uncompiled("it has NaN among its categories")
    arrays = {
        "size": np.array([size], dtype=np.int64),
        "slots": np.array(list(ordered), dtype=np.int64),
        "starts": np.cumsum([0, *(len(values) for values in ordered.values())], dtype=np.int64),
        "values": np.array([value for values in ordered.values() for value in values], dtype=np.float64),
    }
    params = {"invalid": saved.params["handleInvalid"], "stored": stored(plan, source)}
    plan.add(saved, "vector_index", [source], [(target, "vector")], params=params, arrays=arrays)


def _items(saved: Any) -> list[tuple[Any, Any]]:
    """Return a saved map as pairs, the maps in it too."""
    pairs = saved.items() if isinstance(saved, Mapping) else saved
    return [(key, _items(value) if isinstance(value, list | dict) else value) for key, value in pairs]


def target_encoder(saved: Saved, plan: Plan) -> None:
    """Compile TargetEncoderModel: a category's own mean, weighed against that of all rows."""
    rows = sorted(saved.rows(), key=lambda row: int(row["index"]))
    for (source, target), row in zip(_encoded(saved), rows, strict=True):
        plan.numeric(source)
        encodings = _encodings(saved, row)
        null, unseen = encodings.pop(NULL, None), encodings.pop(UNSEEN)
        arrays = {
            "categories": np.array(list(encodings), dtype=np.float64),
            "encodings": np.array(list(encodings.values()), dtype=np.float64),
            "unseen": np.array([unseen]),
            "null": np.array([] if null is None else [null], dtype=np.float64),
        }
        params = {"invalid": saved.params["handleInvalid"]}
        plan.add(saved, "target_encode", [source], [(target, "double")], params=params, arrays=arrays)
    plan.truths.add(saved.params["labelCol"])


def _encoded(saved: Saved) -> list[tuple[str, str]]:
    """Return input and output columns; an output without a name is called after its input."""
    given = saved.extra["paramMap"]
    inputs = [given["inputCol"]] if "inputCol" in given else given["inputCols"]
    outputs = [given["outputCol"]] if "outputCol" in given else given.get("outputCols")
    return list(zip(inputs, outputs or [f"{name}_indexed" for name in inputs], strict=True))


def _encodings(saved: Saved, row: Mapping[str, Any]) -> dict[float, float]:
    """Return the encoding of each category, of null and of what was not seen."""
    smoothing, binary = saved.number("smoothing"), saved.params["targetType"] == "binary"
    kept = zip(row["categories"], row["counts"], row["stats"], strict=True)
    stats = {category: (count, stat) for category, count, stat in kept}
    means = {key: stat / count if binary else stat for key, (count, stat) in stats.items()}
    weights = {key: count / (count + smoothing) for key, (count, _) in stats.items()}
    return {key: weight * means[key] + (1.0 - weight) * means[UNSEEN] for key, weight in weights.items()}


def _columns(saved: Saved) -> tuple[str, str]:
    return str(saved.params["inputCol"]), str(saved.params["outputCol"])
