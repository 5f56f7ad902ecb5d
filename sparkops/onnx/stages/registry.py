"""The converter of each operation, and why the others have no exact form in ONNX.

A new operation gets an import and a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from sparkops.onnx.graph_context import GraphContext
from sparkops.onnx.stages.classification import (
    linear_svc,
    logistic_regression,
    multilayer_perceptron_classifier,
    naive_bayes,
    one_vs_rest,
)
from sparkops.onnx.stages.clustering import bisecting_k_means, gaussian_mixture, k_means
from sparkops.onnx.stages.feature import sql_transformer
from sparkops.onnx.stages.feature.categorical import (
    index_to_string,
    one_hot_encoder,
    string_indexer,
    target_encoder,
    vector_indexer,
)
from sparkops.onnx.stages.feature.lsh import bucketed_random_projection_lsh, min_hash_lsh
from sparkops.onnx.stages.feature.numeric import binarizer, bucketizer, imputer, normalizer
from sparkops.onnx.stages.feature.vector import (
    dct,
    interaction,
    pca,
    polynomial_expansion,
    vector_assembler,
    vector_size_hint,
)
from sparkops.onnx.stages.recommendation import als
from sparkops.onnx.stages.regression import (
    aft_survival_regression,
    generalized_linear_regression,
    isotonic_regression,
    linear_regression,
)
from sparkops.onnx.stages.shared import (
    affine_transform,
    factorization_machine,
    slot_selection,
    tree_leaves,
    tree_prediction,
)
from sparkops.scoring.ir.description import Step

Converter = Callable[[Step, GraphContext], None]

CONVERTERS: dict[str, Converter] = {
    # feature
    "assemble": vector_assembler.convert_vector_assembler,
    "binarize": binarizer.convert_binarizer,
    "bucketize": bucketizer.convert_bucketizer,
    "dct": dct.convert_dct,
    "impute": imputer.convert_imputer,
    "index_to_string": index_to_string.convert_index_to_string,
    "interact": interaction.convert_interaction,
    "min_hash": min_hash_lsh.convert_min_hash_lsh,
    "normalize": normalizer.convert_normalizer,
    "one_hot": one_hot_encoder.convert_one_hot_encoder,
    "polynomial": polynomial_expansion.convert_polynomial_expansion,
    "project": pca.convert_pca,
    "projection_hash": bucketed_random_projection_lsh.convert_bucketed_random_projection_lsh,
    "select": sql_transformer.convert_select,
    "string_index": string_indexer.convert_string_indexer,
    "target_encode": target_encoder.convert_target_encoder,
    "vector_index": vector_indexer.convert_vector_indexer,
    "vector_size": vector_size_hint.convert_vector_size_hint,
    "where": sql_transformer.convert_where,
    # classification
    "logistic": logistic_regression.convert_logistic_regression,
    "naive_bayes": naive_bayes.convert_naive_bayes,
    "one_vs_rest": one_vs_rest.convert_one_vs_rest,
    "perceptron": multilayer_perceptron_classifier.convert_multilayer_perceptron_classifier,
    "svc": linear_svc.convert_linear_svc,
    # regression
    "glm": generalized_linear_regression.convert_generalized_linear_regression,
    "isotonic": isotonic_regression.convert_isotonic_regression,
    "linear": linear_regression.convert_linear_regression,
    "survival": aft_survival_regression.convert_aft_survival_regression,
    # clustering
    "bisecting": bisecting_k_means.convert_bisecting_k_means,
    "kmeans": k_means.convert_k_means,
    "mixture": gaussian_mixture.convert_gaussian_mixture,
    # recommendation
    "recommend": als.convert_als,
    # shared
    "factorization": factorization_machine.convert_factorization_machine,
    "pick_slots": slot_selection.convert_slot_selection,
    "rescale": affine_transform.convert_affine_transform,
    "tree_leaves": tree_leaves.convert_tree_leaves,
    "trees": tree_prediction.convert_tree_prediction,
}

_LISTS = "a list, of any length in each row, has no tensor of one shape"
UNSUPPORTED = {
    "average_words": _LISTS,
    "count_words": _LISTS,
    "hash_features": "hashing text, as murmur3 does, has no operator",
    "hash_words": _LISTS,
    "ngram": _LISTS,
    "python_function": "it is a Python function of the stage's author, which a graph cannot contain",
    "remove_words": _LISTS,
    "rules": _LISTS,
    "topics": "its iteration until convergence is in NumPy, and a loop of the graph would differ in the last step",
    "tokenize": "lower case and white space as Java has them have no operator",
    "tokenize_by_pattern": "regular expressions as Java has them have no operator",
}

MAX_NEW_SLOTS = 2**16


def find_unsupported_reason(step: Step) -> str | None:
    """Return why a step has no exact form in ONNX; None if it has one."""
    if step.op not in CONVERTERS:
        return UNSUPPORTED.get(step.op, "it has no form yet")
    if step.op in ("select", "where"):
        return sql_transformer.find_unsupported_expression(step)
    slots = _count_new_slots(step)
    if slots > MAX_NEW_SLOTS:
        return f"it makes {slots:,} slots, and a tensor holds their zeros, too: {MAX_NEW_SLOTS:,} at most"
    return None


def _count_new_slots(step: Step) -> int:
    """Return the size of the vectors of a step that makes many slots of few."""
    if step.op == "one_hot":
        return int(step.params["categories"]) + bool(step.params["keep"])
    if step.op == "interact":
        return prod(sum(max(1, count) for count in counts) for counts in step.params["sizes"])
    return 0
