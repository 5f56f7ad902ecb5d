"""A description as two files: JSON and arrays. Loading checks all of it and runs nothing that the files hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from struct import error as StructError
from typing import Any
from zipfile import BadZipFile
from zlib import error as ZipError

import numpy as np

from ...errors import ModelError
from ..ir.description import Description, Step, output_of
from ..ir.field import field_of
from ..ir.portable_rules import PortableRules
from ..rules.rule_monitor import RuleMode
from ..scorer import Scorer
from .array_file import read_arrays, widen, write_arrays
from .certificate import find_differences, read_cases
from .file_names import ARRAYS, CERTIFICATE, DESCRIPTION

# 2: arrays as small as their values allow; 3: with rules for rows.
FORMAT, WITH_RULES, READ = 2, 3, (1, 2, 3)
_ASKED = 25  # rows of the certificate that are asked at every loading
_MOST_TEXT = 2**28  # bytes
# Operations with millions of numbers, which they read as they stand in the file.
_KEPT = {"trees": "i", "tree_leaves": "i", "recommend": "f", "average_words": "f"}
# What NumPy, zip and JSON raise at files that are not what they seem.
_DAMAGE = (
    ValueError, KeyError, IndexError, TypeError, EOFError, NotImplementedError, RuntimeError, SyntaxError,
    MemoryError, ArithmeticError, StructError, ZipError, BadZipFile,
)  # fmt: skip


def save(description: Description, folder: Path | str) -> None:
    """Write a description into a folder, which is made if it is not there."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    steps = enumerate(description.steps)
    arrays = {f"{at}.{name}": array for at, step in steps for name, array in step.arrays.items()}
    write_arrays(folder / ARRAYS, arrays)
    form = WITH_RULES if description.checks else FORMAT
    plain = {"format": form, "hash": description.hash, **description.to_json()}
    (folder / DESCRIPTION).write_text(json.dumps(plain, indent=1, allow_nan=False), encoding="utf-8")


def load(folder: Path | str, *, raw: bool = False, rules: RuleMode = "off") -> Scorer:
    """Return the scorer that a folder describes.

    Args:
        folder: Where `save` wrote.
        raw: Answer `rawPrediction` too.
        rules: What becomes of rows that break a rule which the model carries.

    Raises:
        ModelError: The folder holds no description, a newer one, or one that was changed.
    """
    try:
        scorer = Scorer(describe(folder), raw=raw, rules=rules)
    except _DAMAGE as error:
        raise ModelError(f"{folder} holds a damaged description: {error!r}") from None
    _check(scorer, Path(folder) / CERTIFICATE)
    return scorer


def _check(scorer: Scorer, certificate: Path) -> None:
    """Ask a scorer for some of the rows of its certificate, if there is one."""
    if not certificate.is_file():
        return
    try:
        cases = read_cases(certificate.read_text("utf-8"), about=_ASKED)
        differences = find_differences(scorer, cases)
    except (*_DAMAGE, AttributeError) as error:
        raise ModelError(f"{certificate} is damaged: {error!r}") from None
    if differences:
        raise ModelError(f"{certificate.parent} does not answer as its certificate says: {differences[0]}.")


def describe(folder: Path | str) -> Description:
    """Return the description that a folder holds.

    Raises:
        ModelError: The folder holds no description, a newer one, or one that was changed.
    """
    folder = Path(folder)
    try:
        plain = json.loads(_text(folder / DESCRIPTION))
        arrays = read_arrays(folder / ARRAYS)
    except (OSError, *_DAMAGE) as error:
        raise ModelError(f"{folder} holds no compiled model that can be read: {error}") from None
    if not isinstance(plain, dict) or plain.get("format") not in READ:
        known = ", ".join(map(str, READ))
        raise ModelError(f"{folder} holds a compiled model of another format; this version reads {known}.")
    try:
        description = _description(plain, arrays)
        identity = description.hash
    except (*_DAMAGE, AttributeError) as error:
        raise ModelError(f"{folder} holds a damaged description: {error!r}") from None
    if identity != plain.get("hash"):
        raise ModelError(f"{folder} was changed after it was compiled: its content does not fit its hash.")
    return description


def _text(file: Path) -> str:
    """Return a file's text, unless it would fill the memory."""
    size = file.stat().st_size
    if size > _MOST_TEXT:
        raise ModelError(f"{file} holds {size:,} bytes, more than a compiled model may ({_MOST_TEXT:,}).")
    return file.read_text(encoding="utf-8")


def _description(plain: Mapping[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]]) -> Description:
    classes = plain["classes"]
    return Description(
        fields=tuple(field_of(_typed(item, name=str, type=str, nullable=bool)) for item in plain["fields"]),
        ignored=_texts(plain["ignored"]),
        steps=tuple(_step(at, item, arrays) for at, item in enumerate(plain["steps"])),
        outputs=tuple(output_of(_typed(item, name=str, type=str, role=str)) for item in plain["outputs"]),
        classes=None if classes is None else _texts(classes),
        stages=_texts(plain["stages"]),
        checks=PortableRules.from_json(plain["checks"]) if "checks" in plain else None,
    )


def _step(at: int, item: Mapping[str, Any], arrays: Mapping[str, np.ndarray[Any, Any]]) -> Step:
    _typed(item, op=str, stage=str, params=dict)
    keep = _KEPT.get(item["op"], "")
    own = {name: widen(arrays[f"{at}.{name}"], keep=keep) for name in _texts(item["arrays"])}
    inputs, outputs = _texts(item["inputs"]), _texts(item["outputs"])
    return Step(item["op"], item["stage"], inputs, outputs, item["params"], own)


def _typed(item: Mapping[str, Any], **kinds: type) -> Mapping[str, Any]:
    for name, kind in kinds.items():
        if not isinstance(item[name], kind):
            raise TypeError(f"{name} is {item[name]!r}")
    if not isinstance(item.get("size"), int | None) or not isinstance(item.get("column"), str | None):
        raise TypeError("size is a whole number and column a name")
    return item


def _texts(items: Any) -> tuple[str, ...]:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise TypeError(f"{items!r} is no list of names")
    return tuple(items)
