"""The manifest of a model that is scored in its own process.

It holds the model's fields, outputs and packages, and a hash of each file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from sparkops.core.bounded_file import MAX_FACTS, hash_file, read_bytes
from sparkops.errors import DamagedModel, explain_damage
from sparkops.pyfunc.worker.flavor_names import SPARK
from sparkops.scoring.artifact.file_names import FLAVOR, SPARK_MANIFEST
from sparkops.scoring.ir.description import Output, output_from_json, output_to_json
from sparkops.scoring.ir.field import Field, field_from_json, field_to_json, is_field_type
from sparkops.scoring.ir.portable_rules import PortableRules

# Keys of the file, in addition to `format`.
_KEYS = {
    "flavor",
    "fields",
    "outputs",
    "classes",
    "python",
    "requirements",
    "saved_as",
    "single",
    "files",
}
# Further keys of a Spark model.
_SPARK_KEYS = {"others", "session", "checks"}
# MLflow adds this file to a model that it copies.
_MLFLOW_FILES = ("registered_model_meta",)
# The version becomes a part of the name of a program that is started, so no other text is accepted.
_PYTHON = re.compile(r"\d{1,2}\.\d{1,2}(\.\d{1,4})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The contents of `flavor.json`, or of `spark.json`.

    Args:
        flavor: MLflow's name: "sklearn", "onnx", "keras", "tensorflow", "pytorch", "python_function", "spark" or
            another.
        fields: Fields of a row.
        outputs: Outputs of the model.
        classes: Labels in the order of `probability`, if the model has them.
        python: Version of Python that saved it, as "3.11".
        requirements: Packages that it needs, in pip's notation.
        saved_as: Serialization format: "skops", "cloudpickle", "onnx"; empty if MLflow chose it.
        is_single_precision: Whether some output has single precision.
        others: Of a Spark model: further columns that it computes, which a request may choose.
        session: Of a Spark model: settings of the session that its answers depend on, by Spark's names.
        rules: Of a Spark model: rules that rows should satisfy.
        files: Path in the folder to SHA-256, for every file except the manifest.
        hash: SHA-256 of the manifest itself; empty until it is written.
    """

    flavor: str
    fields: tuple[Field, ...]
    outputs: tuple[Output, ...] = ()
    classes: tuple[str, ...] | None = None
    python: str
    requirements: tuple[str, ...]
    saved_as: str = ""
    is_single_precision: bool = False
    others: tuple[Output, ...] = ()
    session: Mapping[str, str] = field(default_factory=dict)
    rules: PortableRules = field(default_factory=PortableRules)
    files: Mapping[str, str] = field(default_factory=dict)
    hash: str = ""

    @property
    def file_name(self) -> str:
        """Return the name of the manifest's file."""
        return SPARK_MANIFEST if self.flavor == SPARK else FLAVOR

    @property
    def tolerance(self) -> tuple[float, float]:
        """Return the relative and absolute tolerance of two answers; single precision has seven digits."""
        return (1e-6, 1e-6) if self.is_single_precision else (1e-12, 1e-9)


def write_manifest(manifest: Manifest, folder: Path) -> Manifest:
    """Write the manifest of a folder, with a hash of every file; return it with its own hash."""
    complete = replace(manifest, files=dict(_hash_files(folder, manifest.file_name)), hash="")
    data = json.dumps({"format": 1, **_to_json(complete)}, indent=1).encode()
    (folder / manifest.file_name).write_bytes(data)
    return replace(complete, hash=sha256(data).hexdigest())


def locate_manifest(folder: Path) -> Path:
    """Return the file of a folder's manifest."""
    return folder / (SPARK_MANIFEST if (folder / SPARK_MANIFEST).is_file() else FLAVOR)


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a folder; its files are not verified."""
    file = locate_manifest(folder)
    try:
        data = read_bytes(file, MAX_FACTS)
        values: dict[str, Any] = json.loads(data)
        manifest = _from_json(values, data) if values.pop("format") == 1 else None
    except (OSError, RecursionError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedModel(f"{file} is damaged ({error!r}). Register the model again.") from error
    if manifest is None:
        raise DamagedModel(f"{file} was written by a later release of sparkops: score it with that one.")
    return manifest


def verify_folder(folder: Path, manifest_hash: str | None) -> Manifest:
    """Verify that every file is the registered one, and return the manifest; loading another file could run any code.

    Args:
        folder: The model's folder.
        manifest_hash: The manifest's hash in the registry; None for a model that was named by its folder.

    Raises:
        DamagedModel: A file was changed, added or lost.
    """
    manifest = read_manifest(folder)
    if manifest_hash is not None and manifest.hash != manifest_hash:
        raise _make_tampered_error(folder, manifest.file_name, "is not the one that was registered")
    hashes = dict(_hash_files(folder, manifest.file_name))
    for name, digest in manifest.files.items():
        if hashes.get(name) != digest:
            raise _make_tampered_error(folder, name, "was changed" if name in hashes else "is gone")
    added = sorted(set(hashes) - set(manifest.files) - set(_MLFLOW_FILES))
    if added:
        raise _make_tampered_error(folder, added[0], "was added")
    return manifest


def _to_json(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest under the keys of its file, which are a format."""
    values = {
        "flavor": manifest.flavor,
        "fields": [field_to_json(item) for item in manifest.fields],
        "outputs": [output_to_json(item) for item in manifest.outputs],
        "classes": None if manifest.classes is None else list(manifest.classes),
        "python": manifest.python,
        "requirements": list(manifest.requirements),
        "saved_as": manifest.saved_as,
        "single": manifest.is_single_precision,
        "files": dict(manifest.files),
    }
    if manifest.flavor == SPARK:
        values["others"] = [output_to_json(item) for item in manifest.others]
        values["session"] = dict(manifest.session)
        values["checks"] = manifest.rules.to_json()
    return values


def _from_json(values: Mapping[str, Any], data: bytes) -> Manifest:
    unknown_keys = sorted(set(values) - _KEYS - (_SPARK_KEYS if values["flavor"] == SPARK else set()))
    if unknown_keys:
        raise ValueError(f"unknown keys: {', '.join(unknown_keys)}")
    fields = tuple(field_from_json(item) for item in values["fields"])
    outputs = tuple(output_from_json(item) for item in values["outputs"])
    types = {item.type for item in fields} | {item.type for item in outputs}
    unknown_types = [type_ for type_ in types if not is_field_type(type_) and type_ != "array<vector>"]
    if unknown_types:
        raise ValueError(f"unknown types: {', '.join(sorted(map(str, unknown_types)))}")
    if not isinstance(values["flavor"], str) or not _PYTHON.fullmatch(str(values["python"])):
        raise ValueError(f"flavor {values['flavor']!r} for Python {values['python']!r}")
    if not isinstance(values.get("files", {}), dict):
        raise TypeError("files is no mapping")
    return Manifest(
        flavor=values["flavor"],
        fields=fields,
        outputs=outputs,
        classes=None if values["classes"] is None else tuple(map(str, values["classes"])),
        python=str(values["python"]),
        requirements=tuple(map(str, values["requirements"])),
        saved_as=values.get("saved_as", ""),
        is_single_precision=values.get("single", False),
        others=tuple(output_from_json(item) for item in values.get("others", ())),
        session={str(key): str(value) for key, value in values.get("session", {}).items()},
        rules=PortableRules.from_json(values["checks"]) if "checks" in values else PortableRules(),
        files=values.get("files", {}),
        hash=sha256(data).hexdigest(),
    )


def _make_tampered_error(folder: Path, name: str, change: str) -> DamagedModel:
    return DamagedModel(
        f"The model in {folder} is not loaded: {name} {change} since it was registered, and loading a model runs its "
        "own code. Restore the folder, or register the model again."
    )


def _hash_files(folder: Path, manifest_name: str) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if name == manifest_name or (file.is_dir() and not file.is_symlink()):
            continue
        if file.is_symlink():
            raise _make_tampered_error(folder, name, "was replaced by a link")
        try:
            digest = hash_file(file)
        except OSError as error:
            raise DamagedModel(
                f"{file} cannot be read ({explain_damage(error)}). Register the model again."
            ) from error
        yield name, digest
