"""What the steps of a saved description contain: names and types of their params, their arrays, and numbers of columns.

Validated where a description is read, before anything uses it. Ranges and sizes that fit each other are validated by
the stages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ...errors import ModelError
from .description import PYTHON_FUNCTION, Step

_MAX_SHOWN = 60
_TREES = "categories feature first kind leaves left right roots threshold"


class Shape(NamedTuple):
    """What a step of one operation has.

    Args:
        params: Names of its params, separated by spaces.
        arrays: Names of its arrays, separated by spaces; it may have more.
        inputs: Number of its input columns; None for any.
        outputs: Number of its output columns; None for any.
    """

    params: str = ""
    arrays: str = ""
    inputs: int | None = 1
    outputs: int | None = 1


SHAPES: Mapping[str, Shape] = {
    "assemble": Shape("invalid", inputs=None),
    "average_words": Shape("words", "vectors"),
    "binarize": Shape("", "threshold"),
    "bisecting": Shape("cosine", "centres cluster left right"),
    "bucketize": Shape("invalid", "splits"),
    "count_words": Shape("words", "least"),
    "dct": Shape("size inverse"),
    "factorization": Shape("sparse kind classes", "factors intercept weights", outputs=None),
    "glm": Shape("family link sparse", "intercept power weights", None, 2),
    "hash_features": Shape("size types names", inputs=None),
    "hash_words": Shape("size type"),
    "impute": Shape("type", "missing surrogate"),
    "index_to_string": Shape("labels"),
    "interact": Shape("sizes", inputs=None),
    "isotonic": Shape("feature", "answers places"),
    "kmeans": Shape("cosine", "centres"),
    "linear": Shape("sparse", "intercept weights"),
    "logistic": Shape("multinomial classes sparse", "intercepts weights", outputs=3),
    "min_hash": Shape("", "coefficients"),
    "mixture": Shape("", "heights roots shifts weights", outputs=2),
    "naive_bayes": Shape("kind classes", "prior theta", outputs=3),
    "ngram": Shape("n"),
    "normalize": Shape("stored", "p"),
    "one_hot": Shape("categories keep drop_last"),
    "one_vs_rest": Shape("classes", inputs=None, outputs=3),
    "perceptron": Shape("layers classes", "weights", outputs=3),
    "pick_slots": Shape("", "slots"),
    "polynomial": Shape("size degree stored"),
    "project": Shape("", "directions"),
    "projection_hash": Shape("", "directions factor"),
    PYTHON_FUNCTION: Shape("function sha256 stage_params types returns", inputs=None, outputs=None),
    "recommend": Shape("invalid", "item_factors items user_factors users", 2),
    "remove_words": Shape("words"),
    "rescale": Shape(),
    "rules": Shape("rules"),
    "select": Shape("nodes", inputs=None),
    "string_index": Shape("labels invalid type"),
    "survival": Shape("sparse", "factors intercept weights", outputs=2),
    "svc": Shape("classes sparse", "intercept threshold weights", outputs=3),
    "target_encode": Shape("invalid", "categories encodings null unseen"),
    "tokenize": Shape(),
    "tokenize_by_pattern": Shape("pattern shortest"),
    "topics": Shape("", "prior start weights"),
    "tree_leaves": Shape("features single", _TREES),
    "trees": Shape("kind features classes mean", _TREES, outputs=None),
    "vector_index": Shape("invalid stored", "size slots starts values"),
    "vector_size": Shape("size invalid"),
    "where": Shape("nodes", inputs=None, outputs=0),
}


def _make_list_check(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and {*map(type, value)} <= set(types)


def _make_type_check(type_: type) -> Callable[[Any], bool]:
    return lambda value: type(value) is type_


_TEXTS = _make_list_check(str)
# By the name of a param, which has one type in all operations but `stored`.
_CHECKS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(
        [
            "binary", "cosine", "drop_last", "exact", "gaps", "inverse", "keep", "lower", "mean", "multinomial",
            "single", "sparse",
        ],
        ("true or false", _make_type_check(bool)),
    ),
    **dict.fromkeys(
        ("categories", "classes", "degree", "feature", "features", "n", "shortest", "size"),
        ("a whole number", _make_type_check(int)),
    ),
    **dict.fromkeys(
        ("family", "function", "invalid", "kind", "link", "pattern", "sha256", "stage_params", "type"),
        ("a text", _make_type_check(str)),
    ),
    **dict.fromkeys(("names", "returns", "types"), ("a list of texts", _TEXTS)),
    **dict.fromkeys(("labels", "words"), ("a list of texts", _make_list_check(str, type(None)))),
    "layers": ("a list of whole numbers", _make_list_check(int)),
    **dict.fromkeys(("rules", "sizes"), ("a list of lists", _make_list_check(list))),
    "nodes": ("a list of objects", _make_list_check(dict)),
    "stored": ("a text or a list of texts", lambda value: isinstance(value, str) or _TEXTS(value)),
}  # fmt: skip


def validate_step(step: Step) -> None:
    """Refuse a step that lacks what its operation needs, or has it of another type.

    Raises:
        ModelError: The message names the stage and what is wrong.
    """
    shape = SHAPES.get(step.op)
    if shape is None:
        raise ModelError(f"{step.stage}: this version of sparkops does not know the operation `{step.op}`.")
    for name in shape.params.split():
        if name not in step.params:
            raise ModelError(f"{step.stage}: its param `{name}` is missing.")
    for name, value in step.params.items():
        noun, is_valid = _CHECKS.get(name, ("", None))
        if is_valid is not None and not is_valid(value):
            raise ModelError(
                f"{step.stage}: its param `{name}` is {repr(value)[:_MAX_SHOWN]}, and {noun} is needed."
            )
    for name in shape.arrays.split():
        if name not in step.arrays:
            raise ModelError(f"{step.stage}: its array `{name}` is missing.")
    for noun, columns, count in (
        ("input", step.inputs, shape.inputs),
        ("output", step.outputs, shape.outputs),
    ):
        if count is not None and len(columns) != count:
            raise ModelError(f"{step.stage}: it has {len(columns)} {noun} columns, and {count} are needed.")
