"""Hand a finished model folder to MLflow: a run, a logged model, and last of all the registered version."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact.facts import RUN_TAG, ModelFacts, to_tags
from sparkops.artifact.mlflow_folder import set_mlflow_ids
from sparkops.config.settings import Settings
from sparkops.errors import EngineError
from sparkops.registry.mlflow_store import artifact_root, first_line, registry_uri
from sparkops.scoring.artifact.file_names import FLAVOR, SEAL
from sparkops.scoring.locate.sqlite_registry import sqlite_file

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel

_LONGEST_PARAM = 500  # what every store of MLflow takes
_VERSIONS = "mlflow.modelVersions"  # by it MLflow's pages link a logged model to its versions


def upload_version(
    client: MlflowClient, settings: Settings, facts: ModelFacts, folder: Path, tags: Mapping[str, str]
) -> int:
    """Log and register a model folder, and return the new version.

    The version is made last: should anything fail before, no reader of the registry ever sees it, and the run and the
    logged model are marked as failed.

    Args:
        client: MLflow's client.
        settings: Which experiment, and where artifacts go.
        facts: What sparkops knows of the version.
        folder: The finished model folder; its `MLmodel` gets the ids of MLflow.
        tags: Further tags of the run.
    """
    from mlflow.exceptions import MlflowException

    try:
        experiment = _experiment(client, settings)
        run = client.create_run(
            experiment, run_name=facts.name, tags={**tags, RUN_TAG: facts.run_id}
        ).info.run_id
    except MlflowException as error:
        raise _failed(facts, error) from error
    try:
        _log(client, run, facts)
        logged = _logged_model(client, experiment, run, facts, folder)
        sealed = {SEAL: sha256((folder / FLAVOR).read_bytes()).hexdigest()} if facts.flavor else {}
        version = _version(client, settings, run, logged, facts, sealed)
    except BaseException as error:
        with contextlib.suppress(MlflowException):
            client.set_terminated(run, "FAILED")
        if isinstance(error, MlflowException | OSError):
            raise _failed(facts, error) from error
        raise
    client.set_terminated(run)
    return version


def _failed(facts: ModelFacts, error: Exception) -> EngineError:
    return EngineError(
        f"Model `{facts.name}` was trained, but MLflow did not take it: {first_line(error)}. "
        "Nothing was registered; check models.tracking_uri, then resume the run."
    )


def _experiment(client: MlflowClient, settings: Settings) -> str:
    from mlflow.exceptions import MlflowException

    name = settings.models.experiment
    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=artifact_root(settings)))
        except MlflowException:
            found = client.get_experiment_by_name(name)  # another run made it in between
            if found is None:
                raise
    return str(found.experiment_id)


def _log(client: MlflowClient, run: str, facts: ModelFacts) -> None:
    from mlflow.entities import Dataset, DatasetInput, Param

    params = [Param(name, _short(value)) for name, value in facts.params.items()]
    client.log_batch(run, params=params)
    sources = {
        name: json.dumps({"table": name, "version": version}) for name, version in facts.tables.items()
    }
    inputs = [
        DatasetInput(
            Dataset(name, "source" if version is None else f"v{version}", "sparkops_table", sources[name])
        )
        for name, version in facts.tables.items()
    ]
    if inputs:
        client.log_inputs(run, datasets=inputs)


def _logged_model(
    client: MlflowClient, experiment: str, run: str, facts: ModelFacts, folder: Path
) -> LoggedModel:
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus, Metric
    from mlflow.utils.time import get_current_time_millis

    logged = client.create_logged_model(
        experiment, name=facts.name, source_run_id=run, tags={RUN_TAG: facts.run_id},
        params={name: _short(value) for name, value in facts.params.items()}, model_type=facts.flavor or "spark",
    )  # fmt: skip
    status = LoggedModelStatus.FAILED
    try:
        client.log_outputs(run, models=[LoggedModelOutput(logged.model_id, step=0)])
        now = get_current_time_millis()
        metrics = [
            Metric(name, value, now, 0, model_id=logged.model_id, run_id=run)
            for name, value in facts.metrics.items()
        ]
        client.log_batch(run, metrics=metrics)
        set_mlflow_ids(folder, run=run, model_id=logged.model_id, location=logged.artifact_location)
        if facts.flavor:
            _seal(folder)  # `MLmodel` holds the ids now
        client.log_model_artifacts(logged.model_id, str(folder))
        status = LoggedModelStatus.READY
    finally:
        client.finalize_logged_model(logged.model_id, status)
    return logged


def _seal(folder: Path) -> None:
    from sparkops.pyfunc.worker.manifest import read_manifest, seal_folder  # it brings NumPy

    seal_folder(read_manifest(folder), folder)


def _version(
    client: MlflowClient,
    settings: Settings,
    run: str,
    logged: LoggedModel,
    facts: ModelFacts,
    sealed: Mapping[str, str],
) -> int:
    """Register the logged model.

    With SQLite MLflow would look `models:/m-...` up in the process's global store instead of the client's own, so the
    artifact's place is given itself.
    """
    from mlflow.exceptions import MlflowException

    with contextlib.suppress(
        MlflowException
    ):  # it stands already: anything else fails again in the next line
        client.create_registered_model(facts.name)
    local = sqlite_file(registry_uri(settings)) is not None
    made = client.create_model_version(
        facts.name,
        source=logged.artifact_location if local else f"models:/{logged.model_id}",
        run_id=run,
        tags={**to_tags(facts), **sealed},
        model_id=logged.model_id,
    )
    versions = json.dumps([{"name": facts.name, "version": int(made.version)}])
    client.set_logged_model_tags(logged.model_id, {_VERSIONS: versions})
    return int(made.version)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_PARAM else f"{text[: _LONGEST_PARAM - 3]}..."
