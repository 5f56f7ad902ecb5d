"""StringIndexerModel: text, or a number as Spark writes it, to the index of its label."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np

from .....errors import ModelError
from ....batch.columns import Frame, ScalarColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import make_unseen_refusal
from ....codegen.symbols import Scalar
from ....ir.description import Step
from ....ir.field import FLOATING_TYPES, NUMERIC_TYPES
from ....text.token_columns import TokenFunction, cache_function

_JAVA_DOUBLE = re.compile(r"(-?)(\d+)\.(0|\d*[1-9])(?:E(-?[1-9]\d*))?")
_SPECIAL = {"Infinity": float("inf"), "-Infinity": float("-inf")}


@dataclass(frozen=True, slots=True)
class StringIndexer:
    """params: labels, invalid ("error", "keep", "skip"), type (of the input column)."""

    op: str = "string_index"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one look-up, and what happens to an unseen value."""
        source = code.assign_scalar(code.get_scalar(step.inputs[0], step.stage))
        labels, invalid = tuple(step.params["labels"]), step.params["invalid"]
        if source.type != step.params["type"]:
            raise ModelError(
                f"{step.stage}: column `{step.inputs[0]}` is {source.type}, and {step.params['type']} is needed."
            )
        known = (
            labels
            if source.type == "string"
            else tuple(build_index_table(labels, source.type, zeros_as_text=False))
        )
        code.known_values.setdefault(source.field or "", known)
        table = code.bind_constant(build_index_table(labels, source.type).get)
        index = code.assign(f"{table}({_build_key_expr(source)})")
        if invalid == "keep":
            code.add_line(f"if {index} is None: {index} = {len(labels)}")
        else:
            refuse = make_unseen_refusal(
                source.field or step.inputs[0], step.stage, labels, drop=invalid == "skip"
            )
            code.add_line(f"if {index} is None: {code.bind_constant(refuse)}({source.expr})")
        limit = len(labels) + (invalid == "keep")
        all_labels = (*labels, "__unknown") if invalid == "keep" else labels
        code.columns[step.outputs[0]] = Scalar(
            index, "double", limit=limit, labels=all_labels, field=source.field, scale=0.0
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Look up the value of every row."""
        source = frame.get_scalars(step.inputs[0])
        type_, unseen, invalid = step.params["type"], len(step.params["labels"]), step.params["invalid"]
        values = (source.values if source.dictionary is None else source.dictionary.dictionary).tolist()
        if type_ in FLOATING_TYPES:
            values = [value or repr(float(value)) for value in values]
        look_up: Callable[..., int] = cache_function(_make_look_up, step)
        indices = np.fromiter(map(look_up, values, repeat(unseen)), dtype=np.int64, count=len(values))
        if source.dictionary is not None:
            indices = indices.take(source.dictionary.indices)
        if source.null is not None:
            indices[source.null] = unseen
        if invalid != "keep":
            (frame.drop if invalid == "skip" else frame.refuse)(indices == unseen)
        frame.columns[step.outputs[0]] = ScalarColumn(indices)


def _make_look_up(step: Step) -> TokenFunction:
    return build_index_table(tuple(step.params["labels"]), step.params["type"]).get


def build_index_table(labels: tuple[str, ...], type_: str, *, zeros_as_text: bool = True) -> dict[Any, int]:
    """Return the labels as values of the input's type, with their indices.

    A number matches a label if Spark writes the number like that. Zeros are kept as text, because 0.0 == -0.0.

    Args:
        labels: Labels in the order of their index.
        type_: Type of the input column.
        zeros_as_text: Whether zeros are kept as text, which has their sign.
    """
    table: dict[Any, int] = {}
    if type_ == "string":
        table = dict(zip(labels, range(len(labels)), strict=True))
        if len(table) == len(labels):
            return table
        table.clear()
    for index, label in enumerate(labels):
        value = _parse_label(label, type_)
        if value is None:
            continue
        if zeros_as_text and type_ in FLOATING_TYPES and value == 0.0:
            value = label
        table.setdefault(value, index)
    return table


def _parse_label(label: str, type_: str) -> Any:
    if type_ == "string":
        return label
    if type_ == "boolean":
        return {"true": True, "false": False}.get(label)
    if type_ in FLOATING_TYPES:
        return _parse_java_double(label, type_)
    if type_ not in NUMERIC_TYPES:
        raise ModelError(f"A column of type {type_} cannot be indexed.")
    return int(label) if re.fullmatch(r"0|-?[1-9]\d{0,18}", label) else None


def _parse_java_double(label: str, type_: str) -> float | None:
    """Return the double that Java writes as a label; None if Java writes no double like that."""
    match = _JAVA_DOUBLE.fullmatch(label)
    value = _SPECIAL.get(label) if match is None else float(label)
    if value is None or match is None:
        return value
    _, digits, _, exponent = match.groups()
    is_decimal = value == 0.0 or 1e-3 <= abs(value) < 1e7  # noqa: PLR2004
    if is_decimal == (exponent is not None) or (exponent and (len(digits) > 1 or digits == "0")):
        return None
    if len(digits) > 1 and digits.startswith("0"):
        return None
    return float(np.float32(value)) if type_ == "float" else value


def _build_key_expr(source: Scalar) -> str:
    if source.type not in FLOATING_TYPES:
        return source.expr
    if source.limit is not None:
        return f"{source.expr} or '0.0'"
    return f"{source.expr} or repr({source.expr})"
