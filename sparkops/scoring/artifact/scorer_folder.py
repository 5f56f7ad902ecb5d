"""A description saved as two files, JSON and arrays. Loading validates everything and executes nothing of the files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from re import error as PatternError
from struct import error as StructError
from tokenize import TokenError
from typing import Any
from zipfile import BadZipFile
from zlib import error as ZipError

import numpy as np

from ...core.bounded_file import read_text
from ...core.wording import truncate
from ...errors import DamagedModel, ModelError, UntrustedModel, as_clause
from ..ir.description import Description, Step, output_from_json
from ..ir.field import field_from_json
from ..ir.portable_rules import PortableRules
from ..ir.step_shapes import validate_step
from ..row_code import bind_functions
from ..rules.rule_monitor import RuleMode
from ..scorer import Scorer
from .array_file import read_arrays, widen, write_arrays
from .certificate import find_differences, read_certificate
from .file_names import ARRAYS, CERTIFICATE, DESCRIPTION, SCORER

# Format 2 has arrays in the smallest type, format 3 also row rules.
FORMAT, FORMAT_WITH_RULES, SUPPORTED_FORMATS = 2, 3, (1, 2, 3)
# Rows of the certificate that are scored on load.
_VERIFIED_CASES = 25
_MAX_JSON_BYTES = 2**28
# Operations with large arrays, whose integers ("i") or floats ("f") keep the type of the file.
_KEEP_TYPE = {"trees": "i", "tree_leaves": "i", "recommend": "f", "average_words": "f"}
# What NumPy, zipfile, json and code that reads them raise for damaged files.
_DAMAGED_FILE_ERRORS = (
    ValueError, LookupError, TypeError, AttributeError, EOFError, RuntimeError, SyntaxError, MemoryError,
    ArithmeticError, AssertionError, BufferError, NameError, StopIteration, StructError, ZipError, BadZipFile,
    TokenError, PatternError,
)  # fmt: skip
_MAX_REASON = 300


def save(description: Description, folder: Path | str) -> None:
    """Write a description into a folder, which is created if necessary."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    steps = enumerate(description.steps)
    arrays = {f"{index}.{name}": array for index, step in steps for name, array in step.arrays.items()}
    write_arrays(folder / ARRAYS, arrays)
    format_ = FORMAT_WITH_RULES if description.checks else FORMAT
    content = {"format": format_, "hash": description.hash, **description.to_json()}
    (folder / DESCRIPTION).write_text(json.dumps(content, indent=1, allow_nan=False), encoding="utf-8")


def load(
    folder: Path | str,
    *,
    raw: bool = False,
    rules: RuleMode = "off",
    outputs: Sequence[str] | None = None,
    code: Path | None = None,
) -> Scorer:
    """Load the scorer of a folder.

    Args:
        folder: The folder that `save` wrote.
        raw: Include `rawPrediction` in answers.
        rules: What happens to rows that violate a rule of the model.
        outputs: Names of the outputs in an answer, see `Scorer`.
        code: Folder with the code of row functions. It is run where it has the hash that the description holds, so give
            it only if the description is known to be the registered one.

    Raises:
        UnknownName: The model computes no such output.
        DamagedModel: The folder has no description, or one of a newer format, damaged or changed.
        UntrustedModel: It calls code that is not installed, and `code` is not given.
    """
    description = bind_functions(describe(folder), code, folder=_find_model_folder(Path(folder)))
    with _translate_damage(Path(folder) / DESCRIPTION):
        scorer = Scorer(description, raw=raw, rules=rules)
    _verify(scorer, Path(folder) / CERTIFICATE)
    return scorer if outputs is None else scorer.with_outputs(outputs)


def _find_model_folder(folder: Path) -> Path:
    """Return the folder of the model that a scorer's folder belongs to."""
    return folder.absolute().parent if folder.name == SCORER else folder


@contextmanager
def _translate_damage(file: Path) -> Iterator[None]:
    """Raise `DamagedModel` with the name of a file for whatever its content makes code that reads it raise."""
    try:
        yield
    except UntrustedModel:
        raise
    except ModelError as error:
        if str(file) in str(error):
            raise DamagedModel(str(error)) from None
        raise DamagedModel(f"{file} cannot be scored: {as_clause(error)}.") from None
    except _DAMAGED_FILE_ERRORS as error:
        raise DamagedModel(f"{file} is damaged: {truncate(repr(error), _MAX_REASON)}") from None


def _verify(scorer: Scorer, certificate: Path) -> None:
    """Score some rows of the certificate, if there is one.

    Raises:
        DamagedModel: An answer differs from the certificate, or the certificate cannot be read.
    """
    if not certificate.is_file():
        return
    cases = read_certificate(certificate, about=_VERIFIED_CASES)
    with _translate_damage(certificate):
        differences = find_differences(scorer, cases)
    if differences:
        raise DamagedModel(f"{certificate.parent} does not answer as its certificate says: {differences[0]}.")


def describe(folder: Path | str) -> Description:
    """Load the description of a folder.

    Raises:
        DamagedModel: The folder has no description, or one of a newer format, damaged or changed.
    """
    folder = Path(folder)
    try:
        with _translate_damage(folder / ARRAYS):
            arrays = read_arrays(folder / ARRAYS)
        with _translate_damage(folder / DESCRIPTION):
            text = read_text(folder / DESCRIPTION, _MAX_JSON_BYTES)
            content = json.loads(text, object_pairs_hook=_to_object)
    except OSError as error:
        raise DamagedModel(f"The compiled model in {folder} cannot be read: {error}") from None
    if not isinstance(content, dict) or content.get("format") not in SUPPORTED_FORMATS:
        known = ", ".join(map(str, SUPPORTED_FORMATS))
        raise DamagedModel(
            f"The compiled model in {folder} has another format; this version of sparkops reads {known}."
        )
    with _translate_damage(folder / DESCRIPTION):
        description = _description_from_json(content, arrays)
        identity = description.hash
        unread = sorted(arrays.keys() - _list_arrays(description))
    if identity != content.get("hash"):
        raise DamagedModel(
            f"{folder} was changed after it was compiled: its content does not match its hash."
        )
    if unread:
        raise DamagedModel(
            f"{folder / ARRAYS} contains {truncate(unread[0], 100)!r}, which no step of the model has."
        )
    return description


def _to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON.

    Raises:
        ValueError: A key is in it twice.
    """
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {truncate(repeated, 100)!r} is in an object twice")
    return content


def _list_arrays(description: Description) -> set[str]:
    return {f"{index}.{name}" for index, step in enumerate(description.steps) for name in step.arrays}


def _description_from_json(
    content: Mapping[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]]
) -> Description:
    classes = content["classes"]
    return Description(
        fields=tuple(
            field_from_json(_require_types(item, name=str, type=str, nullable=bool))
            for item in content["fields"]
        ),
        ignored=_to_strings(content["ignored"]),
        steps=tuple(_step_from_json(index, item, arrays) for index, item in enumerate(content["steps"])),
        outputs=tuple(
            output_from_json(_require_types(item, name=str, type=str, role=str))
            for item in content["outputs"]
        ),
        classes=None if classes is None else _to_strings(classes),
        stages=_to_strings(content["stages"]),
        checks=PortableRules.from_json(content["checks"]) if "checks" in content else None,
    )


def _step_from_json(index: int, item: Mapping[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]]) -> Step:
    _require_types(item, op=str, stage=str, params=dict)
    keep = _KEEP_TYPE.get(item["op"], "")
    arrays_of_step = {
        name: widen(arrays[f"{index}.{name}"], keep=keep) for name in _to_strings(item["arrays"])
    }
    inputs, outputs = _to_strings(item["inputs"]), _to_strings(item["outputs"])
    step = Step(item["op"], item["stage"], inputs, outputs, item["params"], arrays_of_step)
    validate_step(step)
    return step


def _require_types(item: Mapping[str, Any], **types: type) -> Mapping[str, Any]:
    """Return JSON values after checking the types of some of them."""
    for name, type_ in types.items():
        if not isinstance(item[name], type_):
            raise TypeError(f"{name} is {item[name]!r}")
    if not isinstance(item.get("size"), int | None) or not isinstance(item.get("column"), str | None):
        raise TypeError("size is not an integer, or column is not a name")
    return item


def _to_strings(items: Any) -> tuple[str, ...]:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise TypeError(f"{items!r} is not a list of names")
    return tuple(items)
