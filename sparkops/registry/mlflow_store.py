"""MLflow's client for a project, imported late (it takes seconds) and kept quiet."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from typing import TYPE_CHECKING

from sparkops.config.settings import Settings
from sparkops.errors import EngineError, ModelError
from sparkops.scoring.locate.sqlite_registry import sqlite_file

if TYPE_CHECKING:
    from mlflow import MlflowClient
from pathlib import Path

# MLflow reads these while it is imported: no reports to its makers, no bars and no hints on the terminal.
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",  # seconds, not minutes, until a server that is down is told
}
_NOISY = ("mlflow", "alembic", "git")


def preload_mlflow() -> threading.Thread:
    """Start importing MLflow in a thread, so that it is there once a model was trained."""
    thread = threading.Thread(target=_quietly_imported, name="sparkops-mlflow", daemon=True)
    thread.start()
    return thread


def connect(settings: Settings) -> MlflowClient:
    """Return MLflow's client for the project's store, made on first use where it is a local file."""
    _quietly_imported()
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    uri = tracking_uri(settings)
    file = sqlite_file(uri)
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        made = MlflowClient(tracking_uri=uri, registry_uri=registry_uri(settings))
        made.get_experiment_by_name(settings.models.experiment)  # the first question shows whether it answers
    except OSError as error:
        raise ModelError(
            f"The model registry {uri} can't be made ({error}). Check models.tracking_uri."
        ) from error
    except MlflowException as error:
        raise EngineError(
            f"The model registry {uri} does not answer ({first_line(error)}). Check models.tracking_uri."
        ) from error
    return made


def first_line(error: Exception) -> str:
    """Return the first line of an error of MLflow, which may carry a whole server page."""
    return str(getattr(error, "message", error)).strip().split("\n", 1)[0][:300]


def _quietly_imported() -> None:
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    warnings.filterwarnings("ignore", module=r"mlflow(\.|$)")  # about its own type hints and deprecations
    import mlflow.pyfunc
    import mlflow.spark  # noqa: F401

    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)


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


def download_cache(settings: Settings) -> Path:
    """Return the folder that keeps what was copied from a tracking server."""
    return settings.state / "mlflow" / "cache"
