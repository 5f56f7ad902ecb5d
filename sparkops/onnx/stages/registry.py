"""Every operation that ONNX has an exact form of, and why the others have none."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from sparkops.onnx import categories, classifiers, clusters, hashes, linear, numbers, products, vectors
from sparkops.onnx.graph_context import Work
from sparkops.onnx.stages.feature import sql_transformer
from sparkops.onnx.stages.feature.categorical import vector_indexer
from sparkops.onnx.stages.shared import tree_prediction
from sparkops.scoring.ir.description import Step

Form = Callable[[Step, Work], None]

FORMS: dict[str, Form] = {
    "assemble": vectors.assemble,
    "binarize": numbers.binarize,
    "bisecting": clusters.bisecting,
    "bucketize": numbers.bucketize,
    "dct": vectors.cosine_transform,
    "factorization": linear.factorization,
    "glm": linear.generalized,
    "impute": numbers.impute,
    "index_to_string": categories.index_to_string,
    "interact": products.interact,
    "isotonic": numbers.isotonic,
    "kmeans": clusters.kmeans,
    "linear": linear.linear,
    "logistic": linear.logistic_regression,
    "min_hash": hashes.min_hash,
    "mixture": clusters.mixture,
    "naive_bayes": classifiers.naive_bayes,
    "normalize": vectors.normalize,
    "one_hot": categories.one_hot,
    "one_vs_rest": classifiers.one_vs_rest,
    "perceptron": classifiers.perceptron,
    "pick_slots": vectors.pick_slots,
    "polynomial": products.polynomial,
    "project": vectors.project,
    "projection_hash": hashes.projection_hash,
    "recommend": hashes.recommend,
    "rescale": vectors.rescale,
    "select": sql_transformer.select,
    "string_index": categories.string_index,
    "survival": linear.survival,
    "svc": linear.linear_svc,
    "target_encode": categories.target_encode,
    "tree_leaves": tree_prediction.tree_leaves,
    "trees": tree_prediction.trees,
    "vector_index": vector_indexer.vector_index,
    "vector_size": vectors.vector_size,
    "where": sql_transformer.where,
}

_LISTS = "a list, of any length in each row, has no tensor of one shape"
REASONS = {
    "average_words": _LISTS,
    "count_words": _LISTS,
    "hash_features": "hashing text, as murmur3 does, has no operator",
    "hash_words": _LISTS,
    "ngram": _LISTS,
    "remove_words": _LISTS,
    "rules": _LISTS,
    "tokenize": "lower case and white space as Java has them have no operator",
    "tokenize_by_pattern": "regular expressions as Java has them have no operator",
}


MOST_SLOTS = 2**16  # that one step makes


def why_not(step: Step) -> str | None:
    """Return why a step has no exact form in ONNX; None where it has one."""
    if step.op not in FORMS:
        return REASONS.get(step.op, "it has no form yet")
    if step.op in ("select", "where"):
        return sql_transformer.no_form(step)
    slots = _slots(step)
    if slots > MOST_SLOTS:
        return f"it makes {slots:,} slots, and a tensor holds their zeros, too: {MOST_SLOTS:,} at most"
    return None


def _slots(step: Step) -> int:
    """Return how many slots a step makes of fewer."""
    if step.op == "one_hot":
        return int(step.params["categories"]) + bool(step.params["keep"])
    if step.op == "interact":
        return prod(sum(max(1, size) for size in sizes) for sizes in step.params["sizes"])
    return 0
