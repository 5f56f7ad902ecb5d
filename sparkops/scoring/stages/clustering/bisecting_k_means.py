"""BisectingKMeansModel: from the root of a tree of centres to the nearer child, down to a leaf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, sqrt

import numpy as np

from ...batch.columns import Frame, ScalarColumn, VectorColumn
from ...codegen.code_writer import CodeWriter, format_float
from ...codegen.row_errors import refuse_value
from ...codegen.symbols import Scalar, Vector
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import enum_param, float_array, require
from ...kernels.distances import build_squared_distance_expr, measure_squared_distances, prepare_vector
from ...kernels.linear_sums import build_margin_expr, sum_margins
from ...kernels.vector_layout import STORED, is_sparse, mark_ambiguous

# Python accepts at most 100 levels of indentation.
_MAX_DEPTH = 80
_FAR = "is infinitely far from every centre: which one Spark takes depends on whether it stores the vector sparse"


@dataclass(frozen=True, slots=True)
class BisectingKMeans:
    """Descends to the nearer child; to the left one if both are equally near or, for cosine, if a distance is NaN.

    If all centres are infinitely far, a vector that Spark stores dense goes to the left child; any other row is
    refused.

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
        _Descent(step, code, vector, norm, cluster_name).emit(0)
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
            if not step.params["cosine"]:
                frame.refuse(_find_ambiguous_rows(source, norm, _read_storage(step)))
            for index in range(len(left)):
                rows = node == index
                if left[index] != index and rows.any():
                    to_left, to_right = (
                        _measure_distances(step, source, int(child[index]), norm) for child in (left, right)
                    )
                    node[rows] = np.where(to_right < to_left, right[index], left[index])[rows]
        frame.columns[step.outputs[0]] = ScalarColumn(arrays["cluster"][node])


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
        problem = refuse_value(field, step.stage, "is not a distance: some feature is NaN")
        code.add_line(f"if {total} != {total}: {code.bind_constant(problem)}({total})")
        _emit_distance_check(step, source, total, code)
        return total
    norm = code.assign(f"{code.bind_constant(sqrt)}({total})")
    problem = refuse_value(field, step.stage, "is the length of the vector, which has no direction")
    code.add_line(f"if not {norm} > 0.0: {code.bind_constant(problem)}({norm})")
    return norm


def _emit_distance_check(step: Step, source: Vector, total: str, code: CodeWriter) -> None:
    """Emit the check for a vector that is infinitely far from all centres, unless Spark stores it dense."""
    if _read_storage(step) == "dense":
        return
    mark_ambiguous(code, source)
    check = partial(
        _refuse_sparse,
        stored=_read_storage(step),
        problem=refuse_value(source.field or step.inputs[0], step.stage, _FAR),
    )
    code.add_line(
        f"if {total} == {code.bind_constant(inf)}: {code.bind_constant(check)}({code.build_list_expr(source)})"
    )


def _refuse_sparse(values: Sequence[float], *, stored: str, problem: Callable[[object], object]) -> None:
    if is_sparse(stored, values) is not False:
        problem(next((value for value in values if value - value != 0.0), max(values, key=abs)))


def _find_ambiguous_rows(source: VectorColumn, norm: Numbers, stored: str) -> Numbers:
    """Return which vectors are infinitely far from all centres and not known to be stored dense."""
    infinite = np.isinf(norm)
    for row in np.flatnonzero(infinite) if stored != "dense" else ():
        infinite[row] = is_sparse(stored, source.to_dense()[row].tolist()) is not False
    return infinite if stored != "dense" else np.zeros(len(norm), dtype=bool)


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
