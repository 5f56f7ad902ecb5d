"""Text, or a number as Spark writes it, to the index of a label."""

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
from ....codegen.row_errors import refuse_unseen
from ....codegen.symbols import Scalar
from ....ir.description import Step
from ....ir.field import FLOATING_TYPES, NUMERIC_TYPES
from ....text.token_columns import TokenFunction, cached_function

_JAVA_DOUBLE = re.compile(r"(-?)(\d+)\.(0|\d*[1-9])(?:E(-?[1-9]\d*))?")
_SPECIAL = {"Infinity": float("inf"), "-Infinity": float("-inf")}


@dataclass(frozen=True, slots=True)
class StringIndexer:
    """params: labels, invalid ("error", "keep", "skip"), type (of the input column)."""

    op: str = "string_index"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one look-up, and what happens when it finds nothing."""
        source = code.atom(code.scalar(step.inputs[0], step.stage))
        labels, invalid = tuple(step.params["labels"]), step.params["invalid"]
        if source.type != step.params["type"]:
            raise ModelError(f"{step.stage}: column `{step.inputs[0]}` is {source.type}.")
        plain = labels if source.type == "string" else tuple(keys(labels, source.type, signed=False))
        code.known_values.setdefault(source.field or "", plain)
        table = code.constant(keys(labels, source.type).get)
        index = code.local(f"{table}({_key(source)})")
        if invalid == "keep":
            code.line(f"if {index} is None: {index} = {len(labels)}")
        else:
            problem = refuse_unseen(
                source.field or step.inputs[0], step.stage, labels, drop=invalid == "skip"
            )
            code.line(f"if {index} is None: {code.constant(problem)}({source.expr})")
        limit = len(labels) + (invalid == "keep")
        kept = (*labels, "__unknown") if invalid == "keep" else labels
        code.columns[step.outputs[0]] = Scalar(
            index, "double", limit=limit, labels=kept, field=source.field, scale=0.0
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Look every value up."""
        source = frame.scalars(step.inputs[0])
        kind, other, invalid = step.params["type"], len(step.params["labels"]), step.params["invalid"]
        values = (source.values if source.dictionary is None else source.dictionary.dictionary).tolist()
        if kind in FLOATING_TYPES:
            values = [value or repr(float(value)) for value in values]
        look_up: Callable[..., int] = cached_function(_look_up, step)
        found = np.fromiter(map(look_up, values, repeat(other)), dtype=np.int64, count=len(values))
        if source.dictionary is not None:
            found = found.take(source.dictionary.indices)
        if source.null is not None:
            found[source.null] = other
        if invalid != "keep":
            (frame.drop if invalid == "skip" else frame.refuse)(found == other)
        frame.columns[step.outputs[0]] = ScalarColumn(found)


def _look_up(step: Step) -> TokenFunction:
    return keys(tuple(step.params["labels"]), step.params["type"]).get


def keys(labels: tuple[str, ...], kind: str, *, signed: bool = True) -> dict[Any, int]:
    """Return the labels as values of the input's type, with their indices.

    A number matches a label when Spark would write it just so; zeros are kept by their text, since 0.0 == -0.0.

    Args:
        labels: Labels in the order of their index.
        kind: Type of the input column.
        signed: Keep zeros as text; False gives plain values.
    """
    table: dict[Any, int] = {}
    if kind == "string":
        table = dict(zip(labels, range(len(labels)), strict=True))
        if len(table) == len(labels):
            return table
        table.clear()
    for index, label in enumerate(labels):
        value = _value(label, kind)
        if value is None:
            continue
        if signed and kind in FLOATING_TYPES and value == 0.0:
            value = label
        table.setdefault(value, index)
    return table


def _value(label: str, kind: str) -> Any:
    if kind == "string":
        return label
    if kind == "boolean":
        return {"true": True, "false": False}.get(label)
    if kind in FLOATING_TYPES:
        return _real(label, kind)
    if kind not in NUMERIC_TYPES:
        raise ModelError(f"A column of type {kind} cannot be indexed.")
    return int(label) if re.fullmatch(r"0|-?[1-9]\d{0,18}", label) else None


def _real(label: str, kind: str) -> float | None:
    """Return the double that Java writes as this label; None when Java writes none so."""
    match = _JAVA_DOUBLE.fullmatch(label)
    value = _SPECIAL.get(label) if match is None else float(label)
    if value is None or match is None:
        return value
    _, whole, _, exponent = match.groups()
    plain = value == 0.0 or 1e-3 <= abs(value) < 1e7  # noqa: PLR2004
    if plain == (exponent is not None) or (exponent and (len(whole) > 1 or whole == "0")):
        return None
    if len(whole) > 1 and whole.startswith("0"):
        return None
    return float(np.float32(value)) if kind == "float" else value


def _key(source: Scalar) -> str:
    if source.type not in FLOATING_TYPES:
        return source.expr
    if source.limit is not None:
        return f"{source.expr} or '0.0'"
    return f"{source.expr} or repr({source.expr})"
