"""Model URIs (`models:/name@alias`, `name/3`, a path) and the folders that they refer to, without MLflow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ...core.bounded_file import MAX_FACTS, read_text
from ...core.masking import mask_url_credentials
from ...core.private_file import locate_user_cache
from ...errors import DamagedModel, InputError, ModelError, NotCompiled, UnknownName, as_clause
from ..artifact.file_names import (
    CODE,
    DESCRIPTION,
    FACTS,
    FLAVOR,
    MANIFEST_HASH_TAG,
    MANIFESTS,
    SCORER,
    SPARK_MANIFEST,
)
from .identity import SCORER_TAG, check_identity
from .sqlite_registry import find_entry, parse_folder_uri, parse_sqlite_uri, read_entries

CHAMPION = "champion"
_NO_REASON = "no reason was recorded"


def parse_model_uri(uri: str) -> tuple[str, str]:
    """Split `models:/name@alias`, `name/3` or `name` into the name and a version or alias (`champion` by default).

    Raises:
        InputError: The URI has another form.
    """
    body = uri.removeprefix("models:").lstrip("/")
    name, separator, alias = body.partition("@")
    if separator:
        parts = (name, alias)
    else:
        name, separator, version = body.partition("/")
        parts = (name, version if separator else CHAMPION)
    if not all(parts) or "/" in parts[0] + parts[1]:
        raise InputError(
            f"`{uri}` names no model: write models:/NAME@ALIAS, models:/NAME/VERSION or a folder."
        )
    return parts


@dataclass(frozen=True, slots=True)
class LocatedModel:
    """A model's folder on this machine.

    Args:
        folder: The folder.
        name: Registered name, or the folder's.
        version: Version number; None for a folder.
        manifest_hash: Hash of its manifest in the registry, for a model of another library.
        scorer_hash: Hash of its scorer in the registry, which the scorer in the folder has; empty if the registry has
            none.
        is_trusted: Whether the user allows code of the folder that no registry vouches for.
    """

    folder: Path
    name: str
    version: int | None
    manifest_hash: str = ""
    scorer_hash: str = ""
    is_trusted: bool = False

    @property
    def trusted_code(self) -> Path | None:
        """Return the folder of its stages' code if it may be run; its scorer holds the hash of that code.

        The registry vouches for the scorer, or the user for the folder.
        """
        return self.folder / CODE if self.scorer_hash or self.is_trusted else None

    @property
    def has_compiled_scorer(self) -> bool:
        """Return whether a compiled scorer answers for the model, also where the folder holds code as well."""
        return not self.manifest_hash and (self.folder / SCORER / DESCRIPTION).is_file()


def locate(uri: str | Path, *, tracking_uri: str | None = None, cache: Path | None = None) -> LocatedModel:
    """Find the folder of a model.

    Args:
        uri: `models:/name@alias`, `models:/name/3`, the same without `models:/`, or a folder.
        tracking_uri: The registry: `sqlite:///file` or a tracking server's URL.
        cache: Folder for copies from a server; by default under the system's temporary folder.
    """
    text = str(uri)
    folder = Path(text).resolve()
    is_path = isinstance(uri, Path) or text.startswith(("/", "./", "../"))
    if folder.is_dir() and _contains_model(folder):
        return LocatedModel(folder, folder.name, None)
    if is_path:
        reason = "That folder holds none." if folder.is_dir() else "There is no such folder."
        raise UnknownName(
            "model", text, advice=f"{reason} Name a folder that MLflow or sparkops saved a model in."
        )
    name, version_or_alias = parse_model_uri(text)
    if tracking_uri is None:
        raise InputError(
            f"`{text}` needs a registry: say where it is (tracking_uri), or give the model's folder."
        )
    return locate_registered(name, version_or_alias, tracking_uri=tracking_uri, cache=cache)


def locate_registered(
    name: str, version_or_alias: str, *, tracking_uri: str, cache: Path | None = None
) -> LocatedModel:
    """Find the folder of a registered model by version or alias, and copy it from a tracking server if necessary."""
    # Imported here because a local registry needs none of the modules of HTTP and TLS.
    from .tracking_server import download, fetch_tag

    file = parse_sqlite_uri(tracking_uri)
    if file is not None:
        return _locate_in_sqlite(name, version_or_alias, file)
    if tracking_uri.startswith(("http://", "https://")):
        folder, version = download(
            tracking_uri, name, version_or_alias, cache or locate_user_cache() / "models"
        )
        has_manifest = any((folder / file_name).is_file() for file_name in MANIFESTS)
        tag_value = fetch_tag(tracking_uri, name, version, MANIFEST_HASH_TAG if has_manifest else SCORER_TAG)
        check_identity(folder, "" if has_manifest else tag_value, f"{name}/{version}")
        manifest_hash, scorer_hash = (tag_value, "") if has_manifest else ("", tag_value)
        return LocatedModel(folder, name, version, manifest_hash, scorer_hash)
    raise ModelError(
        f"The registry {mask_url_credentials(tracking_uri)} can't be read without MLflow: use "
        "sqlite:///FILE or a server's URL."
    )


def find_scorer_folder(model: Path) -> Path:
    """Return the folder of the compiled scorer inside a model's folder."""
    if (model / SCORER).is_dir():
        return model / SCORER
    if (model / FLAVOR).is_file():
        raise NotCompiled(
            f"The model in {model} is not a Spark model, so it has no compiled scorer: it is scored in a process of "
            "its own, by `sparkops score`, `sparkops serve` and sparkops.load_scorer."
        )
    if (model / SPARK_MANIFEST).is_file():
        raise NotCompiled(
            f"The model in {model} is not compiled: {as_clause(_read_reasons(model / FACTS))}. A local Spark scores "
            "its rows, by `sparkops score`, `sparkops serve` and sparkops.load_scorer."
        )
    facts = model / FACTS
    if facts.is_file():
        raise NotCompiled(
            f"The model in {model} is scored by Spark only, in tables: "
            f"{as_clause(_read_reasons(facts))}. Score it with --table. If an earlier release registered "
            "it, train it again: then a local Spark scores its rows, too."
        )
    if (model / "MLmodel").is_file():
        raise NotCompiled(
            f"The model in {model} was not registered by sparkops and holds no compiled scorer. "
            f"Compile it: `sparkops models compile {model} --into DIR`."
        )
    return model


def _read_reasons(facts: Path) -> str:
    """Return why a model is not compiled."""
    if not facts.is_file():
        return _NO_REASON
    try:
        reasons = json.loads(read_text(facts, MAX_FACTS)).get("reasons", ())
        return "; ".join(reasons) or _NO_REASON
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedModel(f"{facts} is damaged: {error!r}") from None


def _contains_model(folder: Path) -> bool:
    """Return whether a folder contains a model, and does not just have the name of one."""
    return any((folder / name).exists() for name in ("MLmodel", SCORER, DESCRIPTION))


def _locate_in_sqlite(name: str, version_or_alias: str, file: Path) -> LocatedModel:
    entry = find_entry(read_entries(file), name, version_or_alias)
    folder = parse_folder_uri(entry.location)
    if folder is None:
        raise ModelError(
            f"Version {entry.version} of `{name}` lies at {entry.location}, which is not on this machine."
        )
    if not folder.is_dir():
        raise ModelError(
            f"Version {entry.version} of `{name}` is registered, but its folder {folder} is gone. "
            "Restore it, or train the model again."
        )
    scorer_hash = entry.tags.get(SCORER_TAG, "")
    check_identity(folder, scorer_hash, f"{name}/{entry.version}")
    return LocatedModel(folder, name, entry.version, entry.tags.get(MANIFEST_HASH_TAG, ""), scorer_hash)
