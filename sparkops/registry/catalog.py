"""What is in the registry: read from the SQLite file without MLflow, or asked of MLflow's client."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sparkops.config.settings import Settings
from sparkops.errors import EngineError, ModelError, UnknownName
from sparkops.registry.mlflow_store import connect, download_cache, first_line, registry_uri, tracking_uri
from sparkops.scoring.locate.identity import TAG, check_identity
from sparkops.scoring.locate.sqlite_registry import RegistryEntry, local_folder, read_entries, sqlite_file

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


def list_entries(settings: Settings, name: str | None = None) -> tuple[RegistryEntry, ...]:
    """Return the model versions of the registry, or of one model, by name and then newest first."""
    file = sqlite_file(registry_uri(settings))
    if file is not None:
        return read_entries(file, name)
    from mlflow.exceptions import MlflowException

    mlflow = connect(settings)
    try:
        return _asked(mlflow, name)
    except MlflowException as error:
        where = registry_uri(settings)
        raise EngineError(f"The model registry {where} does not answer ({first_line(error)}).") from error


def _asked(mlflow: MlflowClient, name: str | None) -> tuple[RegistryEntry, ...]:
    quoted = None if name is None else name.replace("'", "\\'")
    models = mlflow.search_registered_models(filter_string=quoted and f"name = '{quoted}'", max_results=1000)
    found = []
    for model in models:
        aliases: dict[int, list[str]] = {}
        for alias, version in model.aliases.items():
            aliases.setdefault(int(version), []).append(alias)
        versions = mlflow.search_model_versions(f"name = '{model.name}'", max_results=10_000)
        found += [_entry(mlflow, version, aliases.get(int(version.version), [])) for version in versions]
    return tuple(sorted(found, key=lambda entry: (entry.name, -entry.version)))


def _entry(mlflow: MlflowClient, version: ModelVersion, aliases: list[str]) -> RegistryEntry:
    return RegistryEntry(
        name=version.name,
        version=int(version.version),
        run=version.run_id or "",
        location=version.source or "",
        created=version.creation_timestamp or 0,
        aliases=tuple(sorted(aliases)),
        tags=dict(version.tags),
        metrics=_metrics(mlflow, version.run_id),
    )


def _metrics(mlflow: MlflowClient, run: str | None) -> dict[str, float]:
    from mlflow.exceptions import MlflowException

    if not run:
        return {}
    try:
        return dict(mlflow.get_run(run).data.metrics)
    except MlflowException:  # the version outlived its run
        return {}


def fetch_version(settings: Settings, entry: RegistryEntry) -> Path:
    """Return the whole folder of a version on this machine, copied here once where it lies elsewhere.

    Raises:
        ModelError: It is gone, or holds another scorer than the one that was registered.
    """
    folder = _held(settings, entry)
    check_identity(folder, entry.tags.get(TAG, ""), f"{entry.name}/{entry.version}")
    return folder


def _held(settings: Settings, entry: RegistryEntry) -> Path:
    folder = local_folder(entry.location)
    if folder is not None and folder.is_dir():
        return folder
    uri = registry_uri(settings)
    if sqlite_file(uri) is not None and folder is not None:
        raise ModelError(
            f"Version {entry.version} of `{entry.name}` is registered, but its folder {folder} is gone. "
            "Restore it, or train the model again."
        )
    kept = download_cache(settings) / "whole" / quote(entry.name, safe="") / str(entry.version)
    if not kept.is_dir():
        _downloaded(settings, entry, kept)
    return kept


def is_mlflow_uri(uri: str) -> bool:
    """Tell whether MLflow itself must find a model: by its run, or by the id of a logged model."""
    return uri.startswith(("runs:/", "models:/m-"))


def download_model(settings: Settings, uri: str) -> Path:
    """Return the folder of what a run logged (`runs:/RUN/PATH`) or of a logged model (`models:/m-ID`), copied here."""
    from mlflow.exceptions import MlflowException

    connect(settings)
    from mlflow.artifacts import download_artifacts

    kept = download_cache(settings) / "addressed" / quote(uri, safe="")
    kept.mkdir(parents=True, exist_ok=True)
    tracking = tracking_uri(settings)
    try:
        return Path(download_artifacts(artifact_uri=uri, dst_path=str(kept), tracking_uri=tracking))
    except (MlflowException, OSError) as error:
        advice = f"MLflow at {tracking} says: {first_line(error).rstrip('.')}."
        raise UnknownName("model", uri, advice=advice) from error


def _downloaded(settings: Settings, entry: RegistryEntry, folder: Path) -> None:
    """Copy an artifact beside `folder`, then move it there whole."""
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    mlflow = connect(settings)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".partial-") as partial:
        try:
            uri = mlflow.get_model_version_download_uri(entry.name, str(entry.version))
            got = download_artifacts(artifact_uri=uri, dst_path=partial, tracking_uri=tracking_uri(settings))
        except MlflowException as error:
            raise EngineError(
                f"Version {entry.version} of `{entry.name}` can't be copied from {entry.location} ({first_line(error)})."
            ) from error
        if not folder.is_dir():
            Path(got).rename(folder)
