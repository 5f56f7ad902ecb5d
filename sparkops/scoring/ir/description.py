"""The description of a compiled model: fields, steps with their arrays, and outputs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from .arrays import Numbers, iter_chunks
from .field import Field, field_to_json
from .portable_rules import PortableRules

PYTHON_FUNCTION = "python_function"
"""The operation that calls a Python function of the author of a stage."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One operation on columns. Compared and hashed by identity.

    Args:
        op: Name of the operation, a key of the stage registry.
        stage: The Spark stage it came from, for messages.
        inputs: Columns it reads.
        outputs: Columns it computes.
        params: JSON values: text, integers, booleans and lists of them.
        arrays: Arrays of float64 or int64; large ones may keep the smaller type of the file.
        function: The Python function that the step calls, once it is imported; not a part of the saved description.
    """

    op: str
    stage: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, Numbers] = field(default_factory=dict)
    function: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One key of an answer.

    Args:
        name: Key in the answer: Spark's column name, or "label" where Spark has no such column.
        type: Spark's type, such as "double", "integer", "string", "array<string>"; or "vector".
        column: Spark's column with the same values; None if the output is derived.
        role: "prediction", "probability", "rawPrediction", "label", "column", or "set": an array in any order.
        size: Length of a vector.
    """

    name: str
    type: str
    column: str | None
    role: str
    size: int | None = None


@dataclass(frozen=True)
class Description:
    """A compiled model, which can be saved and scored.

    Args:
        fields: Input columns that the model reads.
        ignored: Columns of the signature that the model does not read; a row may contain them.
        steps: Operations, in order.
        outputs: Keys of an answer, `rawPrediction` included.
        classes: Original labels by class index, where the label was string-indexed.
        stages: Short Spark class names, in order.
        checks: Rules that rows should satisfy; they change no answer.
    """

    fields: tuple[Field, ...]
    ignored: tuple[str, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Output, ...]
    classes: tuple[str, ...] | None = None
    stages: tuple[str, ...] = ()
    checks: PortableRules | None = None

    @cached_property
    def hash(self) -> str:
        """Return the hash of the JSON form and the arrays as hexadecimal text; computed once: arrays may be large."""
        digest = sha256(json.dumps(self.to_json(), sort_keys=True).encode())
        for step in self.steps:
            for name in sorted(step.arrays):
                array = step.arrays[name]
                dtype = {"i": "<i8", "f": "<f8"}.get(array.dtype.kind, array.dtype.str)
                digest.update(f"{name}{dtype}{array.shape}".encode())
                for chunk in iter_chunks(array):
                    digest.update(chunk)
        return digest.hexdigest()

    @property
    def calls_functions(self) -> bool:
        """Return whether a step calls a Python function of the author of a stage."""
        return any(step.op == PYTHON_FUNCTION for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """Return everything except the arrays as JSON values."""
        return {
            "fields": [field_to_json(item) for item in self.fields],
            "ignored": list(self.ignored),
            "steps": [_step_to_json(step) for step in self.steps],
            "outputs": [output_to_json(item) for item in self.outputs],
            "classes": None if self.classes is None else list(self.classes),
            "stages": list(self.stages),
            **({"checks": self.checks.to_json()} if self.checks else {}),
        }


# JSON key to attribute. A key is persisted, so it stays if an attribute is renamed.
_OUTPUT_KEYS = {"name": "name", "type": "type", "column": "column", "role": "role", "size": "size"}


def output_to_json(output: Output) -> dict[str, Any]:
    """Return an output as JSON values."""
    return {key: getattr(output, name) for key, name in _OUTPUT_KEYS.items()}


def output_from_json(item: Mapping[str, Any]) -> Output:
    """Return the output of the JSON values that `output_json` returned.

    Raises:
        KeyError: A key is unknown.
        TypeError: A key is missing.
    """
    return Output(**{_OUTPUT_KEYS[key]: value for key, value in item.items()})


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "op": step.op,
        "stage": step.stage,
        "inputs": list(step.inputs),
        "outputs": list(step.outputs),
        "params": dict(step.params),
        "arrays": sorted(step.arrays),
    }
