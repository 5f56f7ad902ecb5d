"""The MLflow store of a project: its locations, and a client for it. MLflow is imported on first use."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.config.settings import ModelSettings, Settings
from sparkops.core.masking import mask_url_credentials
from sparkops.core.private_file import locate_user_cache
from sparkops.errors import EngineError, ModelError
from sparkops.scoring.locate.sqlite_registry import parse_sqlite_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

# MLflow reads these while it is imported: no telemetry, progress bars or hints on the terminal. Three retries, so that
# a server that is down is reported after seconds, not minutes.
_VARIABLES = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
}
_VERBOSE_LOGGERS = ("mlflow", "alembic", "git")


def read_environment_settings() -> Settings | None:
    """Return settings of the registry that MLflow's own variables name; None if MLFLOW_TRACKING_URI is not set.

    Outside of a project they are used in place of its settings.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI")
    if not uri:
        return None
    file = parse_sqlite_uri(uri)
    models = ModelSettings(
        tracking_uri=uri,
        registry_uri=os.environ.get("MLFLOW_REGISTRY_URI") or None,
        # Beside the database, as in a project.
        artifact_root=None if file is None else (file.resolve().parent / "artifacts").as_uri(),
        experiment=os.environ.get("MLFLOW_EXPERIMENT_NAME") or ModelSettings().experiment,
    )
    state = locate_user_cache() / "models"
    return Settings(root=Path.cwd(), env="base", state=state, models=models)


def resolve_tracking_uri(settings: Settings) -> str:
    """Return the tracking store: the configured one, or SQLite in the project's state folder."""
    return settings.models.tracking_uri or f"sqlite:///{settings.state / 'mlflow' / 'mlflow.db'}"


def resolve_registry_uri(settings: Settings) -> str:
    """Return the registry: the configured one, or the tracking store."""
    return settings.models.registry_uri or resolve_tracking_uri(settings)


def resolve_artifact_root(settings: Settings) -> str | None:
    """Return the URI under which artifacts are stored; None if the tracking server decides."""
    root = settings.models.artifact_root
    if root is not None:
        return root if "://" in root else (settings.root / root).as_uri()
    if parse_sqlite_uri(resolve_tracking_uri(settings)) is None:
        return None
    return (settings.state / "mlflow" / "artifacts").as_uri()


def locate_download_cache(settings: Settings) -> Path:
    """Return the folder of models that were copied from a tracking server."""
    return settings.state / "mlflow" / "cache"


def connect(settings: Settings) -> MlflowClient:
    """Return MLflow's client for the project's store; a store in a local file is created on first use.

    Raises:
        ModelError: The local file cannot be created, or the driver of the database is not installed.
        EngineError: The store does not answer.
    """
    import_mlflow()
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    uri = resolve_tracking_uri(settings)
    file = parse_sqlite_uri(uri)
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        client = MlflowClient(tracking_uri=uri, registry_uri=resolve_registry_uri(settings))
        # A first request, to see whether the store answers.
        client.get_experiment_by_name(settings.models.experiment)
    except ImportError as error:
        raise ModelError(
            f"The model registry {mask_url_credentials(uri)} needs a package that is not installed ({error}). Install "
            "the driver of its database, or correct models.tracking_uri."
        ) from error
    except OSError as error:
        raise ModelError(
            f"The model registry {mask_url_credentials(uri)} cannot be created ({error}). Check models.tracking_uri."
        ) from error
    except MlflowException as error:
        raise EngineError(
            f"The model registry {mask_url_credentials(uri)} does not answer "
            f"({summarize_mlflow_error(error)}). Check models.tracking_uri."
        ) from error
    return client


@contextmanager
def explain_registry_errors(settings: Settings) -> Iterator[None]:
    """Raise an `EngineError` for an error of MLflow in the block, such as a full disk or a server that stopped."""
    import_mlflow()
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        uri = mask_url_credentials(resolve_registry_uri(settings))
        raise EngineError(
            f"The model registry {uri} failed: {summarize_mlflow_error(error).rstrip('.')}. Correct the cause, then "
            "repeat the command, or resume the run: a change that was made is not made again."
        ) from error


def preload_mlflow() -> threading.Thread:
    """Start importing MLflow in a thread, so that it is imported when training ends."""
    thread = threading.Thread(target=import_mlflow, name="sparkops-mlflow", daemon=True)
    thread.start()
    return thread


def summarize_mlflow_error(error: Exception) -> str:
    """Return the first line of an MLflow error, at most 300 characters, without credentials.

    Its message may be a whole HTML page, and may contain the URL of the store.
    """
    return mask_url_credentials(str(getattr(error, "message", error)).strip().split("\n", 1)[0])[:300]


def import_mlflow() -> None:
    """Import MLflow, without telemetry, progress bars and warnings about its own code; later calls do nothing."""
    for name, value in _VARIABLES.items():
        os.environ.setdefault(name, value)
    # MLflow warns about its own type hints and deprecations.
    warnings.filterwarnings("ignore", module=r"mlflow(\.|$)")
    import mlflow.pyfunc
    import mlflow.spark  # noqa: F401

    for name in _VERBOSE_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    # It prints the stack trace of each error of a database, which is raised, too.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
