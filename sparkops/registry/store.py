"""Where a project's models are: the MLflow store of its settings. Imports no MLflow."""

from __future__ import annotations

from pathlib import Path

from sparkops.config.settings import Settings
from sparkops.scoring.locate.sqlite_registry import sqlite_file


def tracking_uri(settings: Settings) -> str:
    """Return the tracking store: the one of conf, or SQLite under the project's state folder."""
    return settings.models.tracking_uri or f"sqlite:///{settings.state / 'mlflow' / 'mlflow.db'}"


def registry_uri(settings: Settings) -> str:
    """Return the registry: the one of conf, or the tracking store."""
    return settings.models.registry_uri or tracking_uri(settings)


def artifact_root(settings: Settings) -> str | None:
    """Return where artifacts go, as a URI; None lets a tracking server decide."""
    root = settings.models.artifact_root
    if root is not None:
        return root if "://" in root else (settings.root / root).as_uri()
    if sqlite_file(tracking_uri(settings)) is None:
        return None
    return (settings.state / "mlflow" / "artifacts").as_uri()


def cache(settings: Settings) -> Path:
    """Return the folder that keeps what was copied from a tracking server."""
    return settings.state / "mlflow" / "cache"
