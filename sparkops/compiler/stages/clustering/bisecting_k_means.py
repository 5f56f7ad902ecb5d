"""Compile BisectingKMeansModel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage, parse_vector, read_metadata
from sparkops.compiler.stages.shared.predictor import add_cluster_index
from sparkops.compiler.vector_storage import find_vector_storage
from sparkops.scoring.ir.arrays import Numbers

Nodes = Mapping[int, Mapping[str, Any]]


def compile_bisecting_k_means(saved: SavedStage, plan: Plan) -> None:
    """Add a `bisecting` step: the leaf that a row reaches in the tree of centres.

    The nodes are in breadth-first order, as the scorer expects children after their parents.
    """
    _, metadata = read_metadata(saved.folder / "data")
    nodes = {int(row["index"]): row for row in saved.read_rows("data/data")}
    arrays = _build_tree_arrays(_order_breadth_first(int(metadata["rootId"]), nodes), nodes)
    measure = metadata.get("distanceMeasure", "euclidean")
    params = {"cosine": measure == "cosine", "stored": find_vector_storage(plan, saved.params["featuresCol"])}
    add_cluster_index(saved, plan, "bisecting", params, arrays)


def _order_breadth_first(root: int, nodes: Nodes) -> list[int]:
    """Return the nodes from the root, parents before children.

    Raises:
        CannotCompile: A node has one child, or the nodes form a cycle.
    """
    order = [root]
    for index in order:
        children = nodes[index]["children"]
        if len(children) not in (0, 2) or len(order) > len(nodes):
            raise CannotCompile("this version of sparkops cannot read its tree of centres")
        order += children
    return order


def _build_tree_arrays(order: Sequence[int], nodes: Nodes) -> dict[str, Numbers]:
    """Return the arrays of a tree; both children of a leaf are the leaf itself."""
    position = {index: number for number, index in enumerate(order)}
    children = [
        [position[child] for child in nodes[index]["children"]] or [position[index]] * 2 for index in order
    ]
    return {
        "centres": np.array([parse_vector(nodes[index]["center"]) for index in order]),
        "left": np.array([left for left, _ in children], dtype=np.int64),
        "right": np.array([right for _, right in children], dtype=np.int64),
        "cluster": np.array([max(index, 0) for index in order], dtype=np.int64),
    }
