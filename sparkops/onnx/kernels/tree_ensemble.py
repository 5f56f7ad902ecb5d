"""The TreeEnsemble node in double precision, and the features that it tests."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import ML, GraphBuilder
from sparkops.onnx.graph_context import VectorTensor
from sparkops.onnx.kernels.ensemble_arrays import CategorySets, EnsembleArrays
from sparkops.scoring.ir.arrays import Numbers

# Values of the operator's attributes.
_SUM, _NO_TRANSFORM, _LESS_OR_EQUAL = 1, 0, 0


def add_category_features(graph: GraphBuilder, source: VectorTensor, sets: CategorySets) -> str:
    """Return the features, followed by one for each set of categories: 0 for a category in the set, else 1."""
    if not len(sets.slots):
        return source.tensor
    count = len(sets.tables[0]) - 1
    offset = graph.add("Sub", graph.gather(source.tensor, sets.slots), float(sets.low))
    category = graph.add("Clip", graph.add("Floor", offset), 0.0, float(count - 1))
    # A value that is not a category takes the last row of the table.
    position = graph.add("Where", graph.add("Equal", category, offset), offset, float(count))
    index = graph.cast(position, "int64")
    columns = [
        graph.add("Gather", table, graph.add("Gather", index, np.array(slot), axis=1), axis=0)
        for slot, table in enumerate(sets.tables)
    ]
    return graph.concat([source.tensor, *columns])


def add_tree_ensemble(
    graph: GraphBuilder, features: str, ensemble: EnsembleArrays, *, weights: Numbers, sum_trees: bool
) -> str:
    """Return (rows, trees) the weight of the leaf that each tree gives, or (rows, 1) their sum."""
    from onnx import numpy_helper

    targets = np.zeros_like(ensemble.tree) if sum_trees else ensemble.tree
    modes = np.full(len(ensemble.splits), _LESS_OR_EQUAL, dtype=np.uint8)
    return graph.add(
        "TreeEnsemble",
        features,
        domain=ML,
        aggregate_function=_SUM,
        post_transform=_NO_TRANSFORM,
        n_targets=1 if sum_trees else ensemble.trees,
        tree_roots=ensemble.roots.tolist(),
        nodes_modes=numpy_helper.from_array(modes),
        nodes_featureids=ensemble.features.tolist(),
        nodes_splits=numpy_helper.from_array(ensemble.splits),
        nodes_truenodeids=ensemble.true_child.tolist(),
        nodes_trueleafs=ensemble.true_is_leaf.tolist(),
        nodes_falsenodeids=ensemble.false_child.tolist(),
        nodes_falseleafs=ensemble.false_is_leaf.tolist(),
        leaf_targetids=targets.tolist(),
        leaf_weights=numpy_helper.from_array(np.ascontiguousarray(weights, dtype=np.float64)),
    )
