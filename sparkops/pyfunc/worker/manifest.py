"""What is kept of a model of another flavor: rows in, answers out, packages, and the hash of each of its files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from sparkops.errors import ModelError
from sparkops.scoring.artifact.file_names import FLAVOR
from sparkops.scoring.ir.description import Output, output_json, output_of
from sparkops.scoring.ir.field import TYPES, Field, field_json, field_of

# The keys of the file, beside `format`.
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
_MLFLOWS_OWN = ("registered_model_meta",)  # MLflow adds it to a model that it copies


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The contents of `flavor.json`.

    Args:
        flavor: MLflow's name: "sklearn", "onnx", "keras", "tensorflow", "pytorch", "python_function" or another.
        fields: What a row holds.
        outputs: What an answer holds.
        classes: Labels in the order of `probability`, where the model tells them.
        python: Version of Python that saved it, as "3.11".
        requirements: Packages it needs, as pip reads them.
        saved_as: The format of its numbers: "skops", "cloudpickle", "onnx"; empty where MLflow chose.
        single: Whether some output is in single precision.
        files: Path in the folder to SHA-256, for every file but the manifest.
        hash: SHA-256 of the manifest itself; empty until it is written.
    """

    flavor: str
    fields: tuple[Field, ...]
    outputs: tuple[Output, ...] = ()
    classes: tuple[str, ...] | None = None
    python: str
    requirements: tuple[str, ...]
    saved_as: str = ""
    single: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    hash: str = ""

    @property
    def tolerance(self) -> tuple[float, float]:
        """Return how far, relative and absolute, two answers may be apart: single precision has seven digits."""
        return (1e-6, 1e-6) if self.single else (1e-12, 1e-9)


def seal_folder(manifest: Manifest, folder: Path) -> Manifest:
    """Hash every file of a folder, write the manifest there, and return it with its own hash."""
    whole = replace(manifest, files=dict(_hashed(folder)), hash="")
    data = json.dumps({"format": 1, **_as_json(whole)}, indent=1).encode()
    (folder / FLAVOR).write_bytes(data)
    return replace(whole, hash=sha256(data).hexdigest())


def _as_json(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest under the keys of its file, which are a format."""
    return {
        "flavor": manifest.flavor,
        "fields": [field_json(each) for each in manifest.fields],
        "outputs": [output_json(each) for each in manifest.outputs],
        "classes": None if manifest.classes is None else list(manifest.classes),
        "python": manifest.python,
        "requirements": list(manifest.requirements),
        "saved_as": manifest.saved_as,
        "single": manifest.single,
        "files": dict(manifest.files),
    }


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a folder; nothing is compared yet."""
    file = folder / FLAVOR
    try:
        data = file.read_bytes()
        plain: dict[str, Any] = json.loads(data)
        known = plain.pop("format") == 1
        manifest = _made(plain, data) if known else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{file} is damaged ({error!r}). Register the model again.") from error
    if manifest is None:
        raise ModelError(f"{file} was written by a later release of sparkops: score it with that one.")
    return manifest


def _made(plain: Mapping[str, Any], data: bytes) -> Manifest:
    more = sorted(set(plain) - _KEYS)
    if more:
        raise ValueError(f"unknown keys: {', '.join(more)}")
    fields = tuple(field_of(each) for each in plain["fields"])
    outputs = tuple(output_of(each) for each in plain["outputs"])
    unknown = ({each.type for each in fields} | {each.type for each in outputs}) - TYPES
    if unknown:
        raise ValueError(f"unknown types: {', '.join(sorted(map(str, unknown)))}")
    return Manifest(
        flavor=plain["flavor"],
        fields=fields,
        outputs=outputs,
        classes=None if plain["classes"] is None else tuple(map(str, plain["classes"])),
        python=plain["python"],
        requirements=tuple(map(str, plain["requirements"])),
        saved_as=plain.get("saved_as", ""),
        single=plain.get("single", False),
        files=plain.get("files", {}),
        hash=sha256(data).hexdigest(),
    )


def verify_folder(folder: Path, sealed: str | None) -> Manifest:
    """Return the manifest, once every file is the one that was registered: loading another could run anything.

    Args:
        folder: The model's folder.
        sealed: The manifest's hash, as the registry holds it; None for a folder that was named as such.

    Raises:
        ModelError: A file was changed, added or lost.
    """
    manifest = read_manifest(folder)
    if sealed is not None and manifest.hash != sealed:
        raise _changed(folder, FLAVOR, "is not the one that was registered")
    found = dict(_hashed(folder))
    for name, digest in manifest.files.items():
        if found.get(name) != digest:
            raise _changed(folder, name, "was changed" if name in found else "is gone")
    added = sorted(set(found) - set(manifest.files) - set(_MLFLOWS_OWN))
    if added:
        raise _changed(folder, added[0], "was added")
    return manifest


def _changed(folder: Path, name: str, what: str) -> ModelError:
    return ModelError(
        f"The model in {folder} is not loaded: {name} {what} since it was registered, and loading a model runs its "
        "own code. Restore the folder, or register the model again."
    )


def _hashed(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if name == FLAVOR or (file.is_dir() and not file.is_symlink()):
            continue
        if file.is_symlink():
            raise _changed(folder, name, "is a link, which no registered model holds, made")
        with file.open("rb") as data:
            digest = sha256()
            while part := data.read(2**20):
                digest.update(part)
        yield name, digest.hexdigest()
