"""Read the registry: list versions from its SQLite file or with MLflow's client, and fetch their folders."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sparkops.config.settings import Settings
from sparkops.errors import EngineError, ModelError, UnknownName
from sparkops.registry.mlflow_store import (
    connect,
    locate_download_cache,
    resolve_registry_uri,
    resolve_tracking_uri,
    summarize_mlflow_error,
)
from sparkops.scoring.locate.identity import SCORER_TAG, check_identity
from sparkops.scoring.locate.sqlite_registry import (
    RegistryEntry,
    parse_folder_uri,
    parse_sqlite_uri,
    read_entries,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


def list_entries(settings: Settings, name: str | None = None) -> tuple[RegistryEntry, ...]:
    """Return the versions of all models, or of one, by name and then newest first."""
    file = parse_sqlite_uri(resolve_registry_uri(settings))
    if file is not None:
        return read_entries(file, name)
    from mlflow.exceptions import MlflowException

    client = connect(settings)
    try:
        return _search_entries(client, name)
    except MlflowException as error:
        raise EngineError(
            f"The model registry {resolve_registry_uri(settings)} does not answer ({summarize_mlflow_error(error)})."
        ) from error


def fetch_version(settings: Settings, entry: RegistryEntry) -> Path:
    """Return the complete folder of a version on this machine; a remote one is downloaded once.

    Raises:
        ModelError: The folder is gone, or contains another scorer than the registered one.
    """
    folder = _find_folder(settings, entry)
    check_identity(folder, entry.tags.get(SCORER_TAG, ""), f"{entry.name}/{entry.version}")
    return folder


def is_mlflow_uri(uri: str) -> bool:
    """Return whether only MLflow can resolve a model URI: it names a run, or the id of a logged model."""
    return uri.startswith(("runs:/", "models:/m-"))


def download_model(settings: Settings, uri: str) -> Path:
    """Download what a run logged (`runs:/RUN/PATH`), or a logged model (`models:/m-ID`), and return its folder."""
    from mlflow.exceptions import MlflowException

    connect(settings)
    from mlflow.artifacts import download_artifacts

    folder = locate_download_cache(settings) / "addressed" / quote(uri, safe="")
    folder.mkdir(parents=True, exist_ok=True)
    tracking = resolve_tracking_uri(settings)
    try:
        return Path(download_artifacts(artifact_uri=uri, dst_path=str(folder), tracking_uri=tracking))
    except (MlflowException, OSError) as error:
        advice = f"MLflow at {tracking} says: {summarize_mlflow_error(error).rstrip('.')}."
        raise UnknownName("model", uri, advice=advice) from error


def _search_entries(client: MlflowClient, name: str | None) -> tuple[RegistryEntry, ...]:
    escaped = None if name is None else name.replace("'", "\\'")
    models = client.search_registered_models(
        filter_string=escaped and f"name = '{escaped}'", max_results=1000
    )
    entries = []
    for model in models:
        aliases: dict[int, list[str]] = {}
        for alias, version in model.aliases.items():
            aliases.setdefault(int(version), []).append(alias)
        versions = client.search_model_versions(f"name = '{model.name}'", max_results=10_000)
        entries += [_to_entry(client, version, aliases.get(int(version.version), [])) for version in versions]
    return tuple(sorted(entries, key=lambda entry: (entry.name, -entry.version)))


def _to_entry(client: MlflowClient, version: ModelVersion, aliases: list[str]) -> RegistryEntry:
    return RegistryEntry(
        name=version.name,
        version=int(version.version),
        run=version.run_id or "",
        location=version.source or "",
        created=version.creation_timestamp or 0,
        aliases=tuple(sorted(aliases)),
        tags=dict(version.tags),
        metrics=_read_metrics(client, version.run_id),
    )


def _read_metrics(client: MlflowClient, run: str | None) -> dict[str, float]:
    from mlflow.exceptions import MlflowException

    if not run:
        return {}
    try:
        return dict(client.get_run(run).data.metrics)
    except MlflowException:
        # The run was deleted; its version was not.
        return {}


def _find_folder(settings: Settings, entry: RegistryEntry) -> Path:
    folder = parse_folder_uri(entry.location)
    if folder is not None and folder.is_dir():
        return folder
    if parse_sqlite_uri(resolve_registry_uri(settings)) is not None and folder is not None:
        raise ModelError(
            f"Version {entry.version} of `{entry.name}` is registered, but its folder {folder} is gone. "
            "Restore it, or train the model again."
        )
    cached = locate_download_cache(settings) / "whole" / quote(entry.name, safe="") / str(entry.version)
    if not cached.is_dir():
        _download_version(settings, entry, cached)
    return cached


def _download_version(settings: Settings, entry: RegistryEntry, folder: Path) -> None:
    """Download a version beside `folder`, then rename it, so that `folder` is complete if it exists."""
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    client = connect(settings)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".partial-") as partial:
        try:
            uri = client.get_model_version_download_uri(entry.name, str(entry.version))
            downloaded = download_artifacts(
                artifact_uri=uri, dst_path=partial, tracking_uri=resolve_tracking_uri(settings)
            )
        except MlflowException as error:
            raise EngineError(
                f"Version {entry.version} of `{entry.name}` can't be copied from {entry.location} "
                f"({summarize_mlflow_error(error)})."
            ) from error
        if not folder.is_dir():
            Path(downloaded).rename(folder)
