"""BisectingKMeansModel: from the root of a tree of centres to the nearer child, down to a leaf."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, isfinite, sqrt

import numpy as np

from ...batch.columns import Frame, ScalarColumn, VectorColumn
from ...codegen.code_writer import CodeWriter, format_float
from ...codegen.row_errors import make_value_refusal
from ...codegen.symbols import Scalar, Vector
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import enum_param, float_array, require
from ...kernels.distances import build_squared_distance_expr, measure_squared_distances, prepare_vector
from ...kernels.linear_sums import build_margin_expr, sum_margins
from ...kernels.vector_layout import STORED, build_slots_expr, is_sparse, list_slots_of_row, mark_ambiguous

# Python accepts at most 100 levels of indentation.
_MAX_DEPTH = 80
_FAR = "is infinitely far from every centre: which one Spark takes depends on whether it stores the vector sparse"


@dataclass(frozen=True, slots=True)
class BisectingKMeans:
    """Descends to the nearer child; to the left one if both are equally near or, for cosine, if a distance is NaN.

    If all centres are infinitely far, a vector that Spark stores dense goes to the left child. For a sparse one Spark
    computes the distance from the product of vector and centre, and it is NaN, which is farther than infinitely far,
    unless the product is finite or negative. A row is refused if the storage is unknown and decides the cluster.

    params: cosine, stored (see `vector_layout`; "unknown" if it is missing); arrays: centres (nodes, features), left
    and right (nodes; the node itself for a leaf), cluster (nodes).
    """

    op: str = "bisecting"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the distances to two children and, nested, what follows each of them."""
        _check_tree(step)
        centres = step.arrays["centres"]
        source = code.get_features(step.inputs[0], step.stage, centres.shape[1])
        vector = prepare_vector(source, code)
        norm = _emit_norm(step, source, vector, code)
        cluster_name = code.new_name()
        far = _emit_far_cluster(step, source, norm, code)
        _Descent(step, code, vector, norm, cluster_name).emit(0)
        if far:
            code.add_line(f"if {far} is not None: {cluster_name} = {far}")
        code.columns[step.outputs[0]] = Scalar(
            cluster_name, "integer", limit=int(step.arrays["cluster"].max()) + 1
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Move all rows down, node by node; children come after their parents."""
        source, arrays = frame.get_features(step.inputs[0]), step.arrays
        left, right = arrays["left"], arrays["right"]
        node = np.zeros(frame.size, dtype=np.int64)
        with np.errstate(all="ignore"):
            norm = np.sqrt(
                measure_squared_distances(source, np.zeros(arrays["centres"].shape[1]), frame.size)
            )
            frame.refuse(~(norm > 0.0) if step.params["cosine"] else np.isnan(norm))
            for index in range(len(left)):
                rows = node == index
                if left[index] != index and rows.any():
                    to_left, to_right = (
                        _measure_distances(step, source, int(child[index]), norm) for child in (left, right)
                    )
                    node[rows] = np.where(to_right < to_left, right[index], left[index])[rows]
        cluster = arrays["cluster"][node]
        if not step.params["cosine"]:
            _assign_far_rows(step, frame, source, cluster, norm)
        frame.columns[step.outputs[0]] = ScalarColumn(cluster)


def _check_tree(step: Step) -> None:
    """Check the form of the tree: each child has one parent, and comes after it."""
    centres = float_array(step, "centres", None, None)
    count = len(centres)
    left, right, cluster = (float_array(step, name, count) for name in ("left", "right", "cluster"))
    own = np.arange(count)
    leaf = left == own
    require(step, good=count > 0 and bool((leaf == (right == own)).all()))
    children = np.concatenate([left[~leaf], right[~leaf]]).astype(np.int64)
    require(step, good=len(set(children.tolist())) == len(children))
    for child in (left, right):
        require(step, good=bool(((child[~leaf] > own[~leaf]) & (child[~leaf] < count)).all()))
    require(step, good=bool(((cluster[leaf] >= 0) & (cluster[leaf] < count)).all()))
    require(step, good=all(step.arrays[name].dtype == np.int64 for name in ("left", "right", "cluster")))


def _emit_norm(step: Step, source: Vector, vector: Vector, code: CodeWriter) -> str:
    """Emit the check that a vector has a distance; return the name of its norm, squared unless for cosine."""
    total = code.assign(build_squared_distance_expr(vector, np.zeros(source.size), code))
    field = source.field or step.inputs[0]
    if not step.params["cosine"]:
        refuse = make_value_refusal(field, step.stage, "is not a distance: some feature is NaN")
        code.add_line(f"if {total} != {total}: {code.bind_constant(refuse)}({total})")
        return total
    norm = code.assign(f"{code.bind_constant(sqrt)}({total})")
    refuse = make_value_refusal(field, step.stage, "is the length of the vector, which has no direction")
    code.add_line(f"if not {norm} > 0.0: {code.bind_constant(refuse)}({norm})")
    return norm


def _emit_far_cluster(step: Step, source: Vector, total: str, code: CodeWriter) -> str:
    """Emit the cluster of a vector that is infinitely far from all centres.

    Return its name; empty if it needs no code.
    """
    stored = _read_storage(step)
    if step.params["cosine"] or stored == "dense":
        return ""
    if stored == "unknown":
        mark_ambiguous(code, source)
    find = partial(
        _find_far_cluster,
        stored=stored,
        step=step,
        refuse=make_value_refusal(source.field or step.inputs[0], step.stage, _FAR),
    )
    slots = build_slots_expr(code, source, stored, code.build_list_expr(source))
    return code.assign(
        f"{code.bind_constant(find)}({slots}) if {total} == {code.bind_constant(inf)} else None"
    )


def _find_far_cluster(
    values: Sequence[float], *, stored: str, step: Step, refuse: Callable[[object], object]
) -> int:
    """Return the cluster of a vector whose norm is infinite."""
    arrays, sparse = step.arrays, is_sparse(stored, values)
    dense_cluster, sparse_cluster = (
        int(arrays["cluster"][_descend(arrays, rank)])
        for rank in (lambda node: 0, partial(_rank_sparse_distance, values, arrays["centres"]))  # noqa: ARG005
    )
    if sparse is None and dense_cluster != sparse_cluster:
        refuse(next((value for value in values if not isfinite(value)), max(values, key=abs)))
    return sparse_cluster if sparse else dense_cluster


def _descend(arrays: Mapping[str, Numbers], rank: Callable[[int], int]) -> int:
    """Return the leaf that is reached by going to the child of the smaller rank, to the left one of two equal ranks."""
    left, right, node = arrays["left"], arrays["right"], 0
    while left[node] != node:
        is_right = rank(int(right[node])) < rank(int(left[node]))
        node = int(right[node] if is_right else left[node])
    return node


def _rank_sparse_distance(values: Sequence[float], centres: Numbers, node: int) -> int:
    """Return 1 if Spark's distance of a sparse vector is NaN, 0 if it is infinite."""
    product = 0.0
    for value, centre in zip(values, centres[node].tolist(), strict=True):
        if value:
            product += value * centre
    return int(product != product or product == inf)  # noqa: PLR0124


def _assign_far_rows(step: Step, frame: Frame, source: VectorColumn, cluster: Numbers, norm: Numbers) -> None:
    """Assign the clusters of vectors that are infinitely far from all centres, in place; refuse rows that have none."""
    stored, far = _read_storage(step), np.flatnonzero(np.isinf(norm)).tolist()
    if stored == "dense" or not far:
        return
    refused, table = np.zeros(frame.size, dtype=bool), source.to_dense()
    for row in far:
        values = list_slots_of_row(table, row, source.sparse_rows)
        try:
            cluster[row] = _find_far_cluster(values, stored=stored, step=step, refuse=_raise_ambiguous)
        except _Ambiguous:
            refused[row] = True
    frame.refuse(refused)


class _Ambiguous(Exception):
    """The storage of a vector is unknown, and decides its cluster."""


def _raise_ambiguous(value: object) -> None:
    raise _Ambiguous(value)


def _read_storage(step: Step) -> str:
    return enum_param(step, "stored", STORED) if "stored" in step.params else "unknown"


@dataclass(frozen=True, slots=True)
class _Descent:
    """Emits the descent of one row.

    Args:
        step: The step.
        code: Where it is emitted.
        vector: The features.
        norm: Name of their norm.
        cluster: Name that the cluster is assigned to.
    """

    step: Step
    code: CodeWriter
    vector: Vector
    norm: str
    cluster: str

    def emit(self, node: int, depth: int = 0) -> None:
        """Emit the subtree of a node; distances are only computed on the path of the row."""
        require(self.step, good=depth < _MAX_DEPTH)
        arrays, code = self.step.arrays, self.code
        left, right = int(arrays["left"][node]), int(arrays["right"][node])
        if left == node:
            code.add_line(f"{self.cluster} = {int(arrays['cluster'][node])}")
            return
        to_left, to_right = (code.assign(self._build_distance_expr(child)) for child in (left, right))
        lines, code.lines = code.lines, []
        for branch, child in ((f"if {to_right} < {to_left}:", right), ("else:", left)):
            code.lines = []
            self.emit(child, depth + 1)
            lines += [branch, *(f"    {line}" for line in code.lines)]
        code.lines = lines

    def _build_distance_expr(self, node: int) -> str:
        centre = self.step.arrays["centres"][node]
        if not self.step.params["cosine"]:
            return build_squared_distance_expr(self.vector, centre, self.code)
        product = build_margin_expr(self.vector, centre, 0.0, self.code, sparse=False)
        return f"1.0 - ({product}) / {format_float(float(np.linalg.norm(centre)))} / {self.norm}"


def _measure_distances(step: Step, source: VectorColumn, node: int, norm: Numbers) -> Numbers:
    centre = step.arrays["centres"][node]
    if not step.params["cosine"]:
        return measure_squared_distances(source, centre, len(norm))
    dot = sum_margins(source, centre, 0.0, len(norm), sparse=False)
    return np.asarray(1.0 - dot / float(np.linalg.norm(centre)) / norm)
