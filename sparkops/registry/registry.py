"""The model registry of a project: register, list, promote, roll back, and hand out versions."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact.certify import verify
from sparkops.artifact.facts import ModelFacts, to_version_info
from sparkops.batch.spark_model_version import SparkModelVersion
from sparkops.config.settings import Settings
from sparkops.errors import GateFailed, SignatureMismatch
from sparkops.pipeline.model import Gate, Model
from sparkops.pipeline.model_version_info import GateResult, ModelVersionInfo
from sparkops.pyfunc.registration.mlflow_flavors import detect_flavor
from sparkops.pyfunc.worker.environment import WorkerSettings
from sparkops.pyfunc.worker.flavor_names import is_pyfunc_model
from sparkops.registry import aliases
from sparkops.registry.catalog import download_model, fetch_version, is_mlflow_uri, list_entries
from sparkops.registry.evaluation import (
    evaluate,
    evaluate_gates,
    evaluate_on_heldout,
    needs_champion,
    persisted,
)
from sparkops.registry.mlflow_store import connect, preload_mlflow
from sparkops.registry.spark_model_folder import build_spark_model_folder, check_trained
from sparkops.registry.upload import upload_version
from sparkops.scoring.artifact.file_names import SEAL
from sparkops.scoring.ir.portable_rules import PortableRules
from sparkops.scoring.locate.model_uri import CHAMPION, LocatedModel, parse_model_uri
from sparkops.scoring.locate.sqlite_registry import RegistryEntry, find_entry

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from sparkops.pyfunc.registration.pyfunc_model_version import PyfuncModelVersion

_log = logging.getLogger("sparkops.registry")
At = int | str | None


class Registry:
    """The models of a project.

    Args:
        settings: Where the registry is.
        spark: Needed only to register and to score in Spark.
    """

    def __init__(self, settings: Settings, spark: SparkSession | None = None) -> None:
        self._settings, self._spark = settings, spark

    def preload(self) -> threading.Thread:
        """Start importing MLflow in a thread: it takes seconds, and a training job needs it at its end."""
        return preload_mlflow()

    def list(self) -> tuple[ModelVersionInfo, ...]:
        """Return every version of every model, by name and then newest first."""
        return tuple(to_version_info(entry) for entry in list_entries(self._settings))

    def versions(self, name: str) -> tuple[ModelVersionInfo, ...]:
        """Return the versions of a model, newest first."""
        found = list_entries(self._settings)
        find_entry(found, name, str(next((each.version for each in found if each.name == name), 0)))
        return tuple(to_version_info(entry) for entry in found if entry.name == name)

    def resolve(self, name: str, at: At = None) -> ModelVersionInfo:
        """Return the version that a number or an alias means; `champion` where none is given."""
        return to_version_info(self._entry(name, at))

    def show(self, name: str, at: At = None) -> ModelVersionInfo:
        """Return a version as `resolve` does; where there is no champion, the newest."""
        if at is not None:
            return self.resolve(name, at)
        versions = self.versions(name)
        return aliases.find_holder(versions, CHAMPION) or versions[0]

    def folder(self, name: str, at: At = None) -> Path:
        """Return the folder of a version on this machine, copied here where the registry is on a server."""
        return fetch_version(self._settings, self._entry(name, at))

    def fetch(self, uri: str) -> Path:
        """Return the folder of `name`, `name/3`, `name@alias`, with `models:/` or without, `models:/m-ID` or `runs:/...`."""
        return (
            download_model(self._settings, uri) if is_mlflow_uri(uri) else self.folder(*parse_model_uri(uri))
        )

    def version(self, name: str, at: At = None) -> SparkModelVersion | PyfuncModelVersion:
        """Return a version that scores frames in Spark."""
        entry = self._entry(name, at)
        folder = fetch_version(self._settings, entry)
        if is_pyfunc_model(folder):
            from sparkops.pyfunc.registration.pyfunc_model_version import PyfuncModelVersion

            return PyfuncModelVersion(name, entry.version, folder, entry.tags.get(SEAL, ""), self._settings)
        return SparkModelVersion(name, entry.version, folder, self._settings)

    def locate(self, name: str, at: At = None) -> LocatedModel:
        """Return where a version lies, with what the registry holds of its files."""
        entry = self._entry(name, at)
        return LocatedModel(
            fetch_version(self._settings, entry), name, entry.version, entry.tags.get(SEAL, "")
        )

    def register(
        self,
        model: Model,
        *,
        name: str,
        run_id: str,
        tables: Mapping[str, int | None] | None = None,
        checks: PortableRules | None = None,
        gates: Sequence[Gate] = (),
        params: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> ModelVersionInfo:
        """Certify, measure and register a trained model; make it champion when its gates pass.

        A retry of the same run finds the version that stands and goes on from there. A version whose gate failed is
        registered as `challenger`.

        Args:
            model: What the training job returned.
            name: Registered name.
            run_id: Run of sparkops that trained it.
            tables: Training tables: name to version.
            checks: Rules about rows of those tables; those that the model's rows can be judged by travel with it.
            gates: Conditions for becoming champion.
            params: Parameters of the run.
            tags: Further tags for MLflow's run.
        """
        found = [
            entry for entry in list_entries(self._settings, name) if to_version_info(entry).run_id == run_id
        ]
        if found:
            _log.info("run %s registered `%s` version %d already", run_id, name, found[0].version)
            return self._crowned(name, found[0].version)
        said = {key: str(value) for key, value in (params or {}).items()}
        facts = ModelFacts(name=name, run_id=run_id, compiled=False, tables=dict(tables or {}), params=said)
        return self._crowned(name, self._new(model, facts, gates, checks or PortableRules(), tags or {}))

    def _new(
        self,
        model: Model,
        facts: ModelFacts,
        gates: Sequence[Gate],
        checks: PortableRules,
        tags: Mapping[str, str],
    ) -> int:
        """Build, judge and upload a version; return its number."""
        from sparkops.pyfunc.registration.prepared_model import prepared_model

        if detect_flavor(model.fitted) is None:
            check_trained(model)
        with (
            persisted(model.heldout),
            prepared_model(model, self._settings) as ready,
            tempfile.TemporaryDirectory(prefix="sparkops-model-") as work,
        ):
            metrics, results = self._judged(ready, facts.name, gates)
            folder = Path(work) / "model"
            facts = self._built(ready, replace(facts, metrics=metrics, gates=results), folder, checks)
            return upload_version(connect(self._settings), self._settings, facts, folder, tags)

    def promote(
        self, name: str, version: At = None, *, alias: str = CHAMPION, force: bool = False
    ) -> ModelVersionInfo:
        """Give an alias to a version, the newest where none is given; a replaced champion becomes `previous`.

        Args:
            name: Registered name.
            version: A version number or an alias.
            alias: The alias to give.
            force: Make it champion though a gate failed when it was registered.
        """
        versions = self.versions(name)
        chosen = self.resolve(name, versions[0].version if version is None else version)
        failed = [gate for gate in chosen.gates if not gate.passed]
        if failed and alias == CHAMPION and not force:
            raise GateFailed(
                f"Version {chosen.version} of `{name}` may not be champion: {_told(failed)}. Pass --force."
            )
        self._check_ready(chosen)
        aliases.assign_alias(connect(self._settings), versions, chosen, alias)
        return self.resolve(name, chosen.version)

    def rollback(self, name: str) -> ModelVersionInfo:
        """Make the previous champion champion again; a second rollback undoes the first."""
        versions = self.versions(name)
        chosen = aliases.find_previous(versions, name)
        self._check_ready(chosen)
        mlflow = connect(self._settings)
        aliases.assign_alias(mlflow, versions, chosen, CHAMPION)
        return self.resolve(name, chosen.version)

    def _built(self, model: Model, facts: ModelFacts, folder: Path, checks: PortableRules) -> ModelFacts:
        from sparkops.pyfunc.registration.prepared_model import PreparedModel
        from sparkops.pyfunc.registration.pyfunc_model_folder import build_pyfunc_model_folder as build_other

        if isinstance(model.fitted, PreparedModel):
            return build_other(model, model.fitted, facts, folder)
        return build_spark_model_folder(model, facts, folder, self._settings, checks)

    def _entry(self, name: str, at: At) -> RegistryEntry:
        return find_entry(
            list_entries(self._settings), name, CHAMPION if at is None else str(at).removeprefix("@")
        )

    def _judged(
        self, model: Model, name: str, gates: Sequence[Gate]
    ) -> tuple[dict[str, float], tuple[GateResult, ...]]:
        metrics = evaluate(model)
        champion = self._champion(model, name) if needs_champion(gates) else None
        return metrics, evaluate_gates(gates, metrics, champion)

    def _champion(self, model: Model, name: str) -> Mapping[str, float] | None:
        """Return the champion's metrics on the same held-out rows: None without one, empty where it can't score them."""
        held = aliases.find_holder(
            tuple(to_version_info(each) for each in list_entries(self._settings, name)), CHAMPION
        )
        if held is None or model.heldout is None:
            return None
        champion = self.version(name, held.version)
        try:
            champion.check(model.heldout)
        except SignatureMismatch as error:
            _log.warning("the champion cannot be compared: %s", error)
            return {}
        return evaluate_on_heldout(model, champion.fitted)

    def _crowned(self, name: str, version: int) -> ModelVersionInfo:
        """Give a new version its alias, unless it has one already."""
        versions = self.versions(name)
        chosen = next(each for each in versions if each.version == version)
        if not chosen.aliases:
            passed = all(gate.passed for gate in chosen.gates)
            aliases.assign_alias(
                connect(self._settings), versions, chosen, CHAMPION if passed else aliases.CHALLENGER
            )
        return self.resolve(name, version)

    def _check_ready(self, chosen: ModelVersionInfo) -> None:
        if not chosen.compiled and not chosen.flavor:
            return
        found = self.locate(chosen.name, chosen.version)
        if chosen.flavor:
            from sparkops.pyfunc.registration.parity import verify_pyfunc_model as in_its_process

            reason = in_its_process(found, WorkerSettings.of(self._settings))
        else:
            reason = verify(found.folder)
        if reason:
            raise GateFailed(f"Version {chosen.version} of `{chosen.name}` may not take an alias: {reason}.")


def _told(gates: Sequence[GateResult]) -> str:
    return "; ".join(f"{gate.metric} is {gate.value:g}, must be {gate.rule}" for gate in gates)
