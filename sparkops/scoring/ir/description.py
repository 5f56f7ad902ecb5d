"""What a compiled model is: fields, steps with their numbers, and outputs. Values only, nothing that runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from .arrays import Numbers, iter_chunks
from .field import Field, field_json
from .portable_rules import PortableRules


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on columns.

    Args:
        op: Name of the operation, a key of the stage registry.
        stage: The Spark stage it came from, for messages.
        inputs: Columns it reads.
        outputs: Columns it makes.
        params: Plain JSON values: text, whole numbers, booleans, lists of them.
        arrays: Numbers, as NumPy arrays of float64 or int64; some hold fewer bits, as in the file.
    """

    op: str
    stage: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, Numbers] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Output:
    """One key of what a scorer answers.

    Args:
        name: Key in the answer; Spark's column name, or "label" where no column of Spark holds it.
        type: Spark's word for its type, such as "double", "integer", "string", "array<string>"; or "vector".
        column: Spark's column that it must equal; None when it is derived.
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
    """A whole model, ready to be saved or scored.

    Args:
        fields: Input columns that the model reads.
        ignored: Columns of the signature that it does not read; a row may hold them.
        steps: Operations, in order.
        outputs: What a row's answer holds, `rawPrediction` among it.
        classes: Original labels by class index, where the label was string-indexed.
        stages: Short Spark class names, in order.
        checks: Rules that a row should hold; they change no answer.
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
        """Return the hash of everything that is described, as hexadecimal text; made once, of megabytes at times."""
        digest = sha256(json.dumps(self.plain(), sort_keys=True).encode())
        for step in self.steps:
            for name in sorted(step.arrays):
                array = step.arrays[name]
                kind = {"i": "<i8", "f": "<f8"}.get(array.dtype.kind, array.dtype.str)
                digest.update(f"{name}{kind}{array.shape}".encode())
                for chunk in iter_chunks(array):
                    digest.update(chunk)
        return digest.hexdigest()

    def plain(self) -> dict[str, Any]:
        """Return everything but the arrays as JSON values."""
        return {
            "fields": [field_json(item) for item in self.fields],
            "ignored": list(self.ignored),
            "steps": [_plain_step(step) for step in self.steps],
            "outputs": [output_json(item) for item in self.outputs],
            "classes": None if self.classes is None else list(self.classes),
            "stages": list(self.stages),
            **({"checks": self.checks.plain()} if self.checks else {}),
        }


# Key in a model's file to field: a field may get another name, its key may not.
_OUTPUT_KEYS = {"name": "name", "type": "type", "column": "column", "role": "role", "size": "size"}


def output_json(output: Output) -> dict[str, Any]:
    """Return an output under the keys of a model's file."""
    return {key: getattr(output, name) for key, name in _OUTPUT_KEYS.items()}


def output_of(found: Mapping[str, Any]) -> Output:
    """Return the output that `output_json` was given.

    Raises:
        KeyError: A key is not known.
        TypeError: One is missing.
    """
    return Output(**{_OUTPUT_KEYS[key]: value for key, value in found.items()})


def _plain_step(step: Step) -> dict[str, Any]:
    return {
        "op": step.op,
        "stage": step.stage,
        "inputs": list(step.inputs),
        "outputs": list(step.outputs),
        "params": dict(step.params),
        "arrays": sorted(step.arrays),
    }
