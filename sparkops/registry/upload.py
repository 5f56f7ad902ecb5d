"""Upload a finished model folder to MLflow: a run, a logged model, and last the registered version."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.artifact.facts import RUN_TAG, SOURCE_TAG, ModelFacts, to_tags
from sparkops.artifact.mlflow_folder import set_mlflow_ids
from sparkops.config.settings import Settings
from sparkops.core.bounded_file import MAX_FACTS, read_bytes
from sparkops.core.wording import truncate
from sparkops.errors import EngineError, as_clause
from sparkops.registry.mlflow_store import resolve_artifact_root, resolve_registry_uri, summarize_mlflow_error
from sparkops.scoring.artifact.file_names import MANIFEST_HASH_TAG, MANIFESTS
from sparkops.scoring.locate.sqlite_registry import parse_sqlite_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Metric

# Longest value of a parameter that every store of MLflow accepts.
_MAX_PARAM = 500
# The tag by which MLflow's pages link a logged model to its versions.
_VERSIONS_TAG = "mlflow.modelVersions"


def upload_version(
    client: MlflowClient, settings: Settings, facts: ModelFacts, folder: Path, tags: Mapping[str, str]
) -> int:
    """Log and register a model folder, and return the new version.

    The version is created last. If anything fails before, no reader of the registry sees a version, and the run and the
    logged model are marked as failed.

    Args:
        client: MLflow's client.
        settings: Experiment and location of artifacts.
        facts: Facts about the version.
        folder: The finished model folder; MLflow's ids are written to its `MLmodel`.
        tags: Further tags of MLflow's run.
    """
    from mlflow.exceptions import MlflowException

    try:
        experiment = _get_experiment(client, settings)
        run_tags = {**tags, **_build_origin_tags(facts)}
        run = client.create_run(experiment, run_name=facts.name, tags=run_tags).info.run_id
    except MlflowException as error:
        raise _explain_upload_error(facts, error) from error
    try:
        _log_run(client, run, facts)
        model = _log_model(client, experiment, run, facts, folder)
        version_tags = to_tags(facts)
        manifest = _find_manifest(folder)
        if manifest is not None:
            version_tags[MANIFEST_HASH_TAG] = sha256(read_bytes(manifest, MAX_FACTS)).hexdigest()
        version = _create_version(client, settings, run, model, facts, version_tags)
    except BaseException as error:
        with contextlib.suppress(MlflowException):
            client.set_terminated(run, "FAILED")
        if isinstance(error, MlflowException | OSError):
            raise _explain_upload_error(facts, error) from error
        raise
    with contextlib.suppress(MlflowException):
        # The version exists; only the state of MLflow's run is missing.
        client.set_terminated(run)
    return version


def _build_origin_tags(facts: ModelFacts) -> dict[str, str]:
    """Return the tags of MLflow's run and logged model: the run of sparkops, or the origin of another model."""
    tags = to_tags(facts)
    return {name: tags[name] for name in (RUN_TAG, SOURCE_TAG) if name in tags}


def _explain_upload_error(facts: ModelFacts, error: Exception) -> EngineError:
    state, advice = ("trained", "resume the run") if facts.run_id else ("compiled", "run the command again")
    return EngineError(
        f"Model `{facts.name}` was {state}, but MLflow did not take it: {as_clause(summarize_mlflow_error(error))}. "
        f"Nothing was registered; check models.tracking_uri, then {advice}."
    )


def _get_experiment(client: MlflowClient, settings: Settings) -> str:
    from mlflow.exceptions import MlflowException

    name = settings.models.experiment
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            return str(client.create_experiment(name, artifact_location=resolve_artifact_root(settings)))
        except MlflowException:
            # Another run may have created it in the meantime.
            experiment = client.get_experiment_by_name(name)
            if experiment is None:
                raise
    return str(experiment.experiment_id)


def _log_run(client: MlflowClient, run: str, facts: ModelFacts) -> None:
    """Log the parameters, and the training tables as input datasets."""
    from mlflow.entities import Dataset, DatasetInput, Param
    from mlflow.exceptions import MlflowException

    params = [Param(name, truncate(str(value), _MAX_PARAM)) for name, value in facts.params.items()]
    client.log_batch(run, params=params)
    datasets = [
        Dataset(
            name=name,
            digest="source" if version is None else f"v{version}",
            source_type="sparkops_table",
            source=json.dumps({"table": name, "version": version}),
        )
        for name, version in facts.tables.items()
    ]
    inputs = [DatasetInput(dataset) for dataset in datasets]
    if not inputs:
        return
    try:
        client.log_inputs(run, datasets=inputs)
    except MlflowException:
        # Another run with the same tables may have created their datasets at the same moment.
        client.log_inputs(run, datasets=inputs)


def _log_model(
    client: MlflowClient, experiment: str, run: str, facts: ModelFacts, folder: Path
) -> LoggedModel:
    """Create a logged model with its metrics, and upload the folder; if that fails, it is marked as failed."""
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus

    model = client.create_logged_model(
        experiment,
        name=facts.name,
        source_run_id=run,
        tags=_build_origin_tags(facts),
        params={name: truncate(str(value), _MAX_PARAM) for name, value in facts.params.items()},
        model_type=facts.flavor or "spark",
    )
    status = LoggedModelStatus.FAILED
    try:
        client.log_outputs(run, models=[LoggedModelOutput(model.model_id, step=0)])
        client.log_batch(run, metrics=_to_metrics(facts, run, model.model_id))
        set_mlflow_ids(folder, run=run, model_id=model.model_id, location=model.artifact_location)
        if _find_manifest(folder) is not None:
            _update_manifest(folder)
        client.log_model_artifacts(model.model_id, str(folder))
        status = LoggedModelStatus.READY
    finally:
        client.finalize_logged_model(model.model_id, status)
    return model


def _to_metrics(facts: ModelFacts, run: str, model_id: str) -> list[Metric]:
    from mlflow.entities import Metric
    from mlflow.utils.time import get_current_time_millis

    now = get_current_time_millis()
    return [
        Metric(name, value, now, 0, model_id=model_id, run_id=run) for name, value in facts.metrics.items()
    ]


def _find_manifest(folder: Path) -> Path | None:
    """Return the manifest of a model that is scored in a process of its own; None for a compiled model."""
    return next((folder / name for name in MANIFESTS if (folder / name).is_file()), None)


def _update_manifest(folder: Path) -> None:
    """Write the manifest of a model again, after `MLmodel` was changed."""
    # Imported here because it brings NumPy.
    from sparkops.pyfunc.worker.manifest import read_manifest, write_manifest

    write_manifest(read_manifest(folder), folder)


def _create_version(
    client: MlflowClient,
    settings: Settings,
    run: str,
    model: LoggedModel,
    facts: ModelFacts,
    tags: Mapping[str, str],
) -> int:
    """Register the logged model, and return the version.

    With SQLite, MLflow would look up `models:/m-...` in the process's global store instead of the client's own.
    Therefore the location of the artifact is given instead.
    """
    from mlflow.exceptions import MlflowException

    # The name may be registered already; any other error happens again in the next request.
    with contextlib.suppress(MlflowException):
        client.create_registered_model(facts.name)
    is_local = parse_sqlite_uri(resolve_registry_uri(settings)) is not None
    version = client.create_model_version(
        facts.name,
        source=model.artifact_location if is_local else f"models:/{model.model_id}",
        run_id=run,
        tags=dict(tags),
        model_id=model.model_id,
    )
    link = json.dumps([{"name": facts.name, "version": int(version.version)}])
    client.set_logged_model_tags(model.model_id, {_VERSIONS_TAG: link})
    return int(version.version)
