"""Compile VectorIndexerModel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.vector_storage import find_vector_storage

# For each categorical slot, its values in the order of their indices.
Categories = dict[int, list[float]]


def compile_vector_indexer(saved: SavedStage, plan: Plan) -> None:
    """Add a `vector_index` step: in each categorical slot, the value -> its index."""
    source, target = saved.read_column_pair()
    row = saved.read_rows()[0]
    size = int(row["numFeatures"])
    plan.find_vector_size(source, size)
    categories = _read_categories(row["categoryMaps"])
    arrays = {
        "size": np.array([size], dtype=np.int64),
        "slots": np.array(list(categories), dtype=np.int64),
        "starts": np.cumsum([0, *(len(values) for values in categories.values())], dtype=np.int64),
        "values": np.array([value for values in categories.values() for value in values], dtype=np.float64),
    }
    params = {"invalid": saved.params["handleInvalid"], "stored": find_vector_storage(plan, source)}
    plan.add_step(saved, "vector_index", [source], [(target, "vector")], params=params, arrays=arrays)


def _read_categories(saved_maps: Any) -> Categories:
    """Return the values of each slot.

    Raises:
        CannotCompile: The indices of a slot have gaps, or a value is NaN.
    """
    indices = {int(slot): dict(pairs) for slot, pairs in _map_items(saved_maps)}
    categories = {slot: sorted(pairs, key=pairs.__getitem__) for slot, pairs in sorted(indices.items())}
    if any(sorted(pairs.values()) != list(range(len(pairs))) for pairs in indices.values()):
        raise CannotCompile("the indices of its categories are not 0, 1, 2, ...")
    if any(np.isnan(value) for values in categories.values() for value in values):
        raise CannotCompile("it has NaN among its categories")
    return categories


def _map_items(saved_map: Any) -> list[tuple[Any, Any]]:
    """Return the pairs of a saved map and of the maps in it; pyarrow reads a map as pairs."""
    pairs = saved_map.items() if isinstance(saved_map, Mapping) else saved_map
    return [(key, _map_items(value) if isinstance(value, list | dict) else value) for key, value in pairs]
