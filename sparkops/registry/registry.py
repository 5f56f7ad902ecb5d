"""The model registry of a project: register, list, promote and roll back versions, and load them for scoring."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.artifact.facts import ModelFacts, to_version_info
from sparkops.config.settings import Settings
from sparkops.config.state_file import MALFORMED
from sparkops.core.bounded_file import parse_json
from sparkops.errors import DamagedModel, GateFailed, SignatureMismatch, as_clause
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.pyfunc.worker.flavor_names import is_pyfunc_model
from sparkops.registry import aliases
from sparkops.registry.alias_state import (
    BEFORE_TAG,
    AliasState,
    derive_state_before,
    predict_alias_state,
    read_alias_state,
    write_alias_state,
)
from sparkops.registry.catalog import download_model, fetch_version, is_mlflow_uri, list_entries
from sparkops.registry.mlflow_store import connect, explain_registry_errors, preload_mlflow
from sparkops.scoring.artifact.file_names import MANIFEST_HASH_TAG
from sparkops.scoring.locate.identity import SCORER_TAG
from sparkops.scoring.locate.model_uri import CHAMPION, LocatedModel, parse_model_uri
from sparkops.scoring.locate.sqlite_registry import RegistryEntry, find_entry

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from sparkops.batch.spark_model_version import SparkModelVersion
    from sparkops.pipeline.model import Gate, Model
    from sparkops.pyfunc.registration.pyfunc_model_version import PyfuncModelVersion
    from sparkops.registry.training_run import TrainingRun

_log = logging.getLogger("sparkops.registry")
# Its warnings are printed at the end of a command.
_warnings = logging.getLogger("sparkops.project")

VersionOrAlias = int | str | None
"""A version number, an alias with or without `@`, or None for the champion."""


class Registry:
    """The registered models of a project.

    Args:
        settings: Location of the registry.
        spark: The session; only registration and scoring in Spark need one.
    """

    def __init__(self, settings: Settings, spark: SparkSession | None = None) -> None:
        self._settings, self._spark = settings, spark

    def preload(self) -> threading.Thread:
        """Start importing MLflow in a thread: that takes seconds, and a training job needs it at its end."""
        return preload_mlflow()

    def list(self) -> tuple[ModelVersionInfo, ...]:
        """Return every version of every model, by name and then newest first."""
        return tuple(_read_infos(list_entries(self._settings)))

    def list_versions(self, name: str) -> tuple[ModelVersionInfo, ...]:
        """Return the versions of a model, newest first; UnknownName if there is no such model."""
        entries = list_entries(self._settings)
        newest = next((entry.version for entry in entries if entry.name == name), 0)
        # Raises UnknownName if the model has no version.
        find_entry(entries, name, str(newest))
        return tuple(_read_infos(entry for entry in entries if entry.name == name))

    def resolve(self, name: str, at: VersionOrAlias = None) -> ModelVersionInfo:
        """Return the version with a number or alias; the champion if none is given."""
        return to_version_info(self._find_entry(name, at))

    def show(self, name: str, at: VersionOrAlias = None) -> ModelVersionInfo:
        """Return a version as `resolve` does, but the newest if there is no champion."""
        if at is not None:
            return self.resolve(name, at)
        versions = self.list_versions(name)
        return aliases.find_holder(versions, CHAMPION) or versions[0]

    def fetch_folder(self, name: str, at: VersionOrAlias = None) -> Path:
        """Return the folder of a version on this machine, downloaded if the registry is on a server."""
        return fetch_version(self._settings, self._find_entry(name, at))

    def fetch(self, uri: str) -> Path:
        """Return the folder of a model by URI.

        Args:
            uri: `name`, `name/3` or `name@alias`, with or without `models:/`, or `models:/m-ID`, or `runs:/...`.
        """
        if is_mlflow_uri(uri):
            return download_model(self._settings, uri)
        return self.fetch_folder(*parse_model_uri(uri))

    def load_version(self, name: str, at: VersionOrAlias = None) -> SparkModelVersion | PyfuncModelVersion:
        """Return a version that scores Spark frames."""
        from sparkops.batch.spark_model_version import SparkModelVersion

        entry = self._find_entry(name, at)
        folder = fetch_version(self._settings, entry)
        if is_pyfunc_model(folder):
            from sparkops.pyfunc.registration.pyfunc_model_version import PyfuncModelVersion

            manifest_hash = entry.tags.get(MANIFEST_HASH_TAG, "")
            return PyfuncModelVersion(name, entry.version, folder, manifest_hash, self._settings)
        located = _to_located(folder, entry)
        if located.manifest_hash:
            # Spark imports the code of its stages, which may be in the folder.
            from sparkops.pyfunc.worker.manifest import verify_folder

            verify_folder(folder, located.manifest_hash)
        return SparkModelVersion(name, entry.version, folder, self._settings, located.trusted_code)

    def locate(self, name: str, at: VersionOrAlias = None) -> LocatedModel:
        """Return the folder of a version, with the hash of its manifest in the registry."""
        entry = self._find_entry(name, at)
        folder = fetch_version(self._settings, entry)
        return _to_located(folder, entry)

    def register(
        self, model: Model, *, name: str, training: TrainingRun, gates: Sequence[Gate] = ()
    ) -> ModelVersionInfo:
        """Evaluate, certify and register a trained model; it becomes champion if its gates pass, else challenger.

        A retry of the same run finds the version that exists and continues from there.

        Args:
            model: What the training job returned.
            name: Registered name.
            training: The run that trained it.
            gates: Conditions for becoming champion.
        """
        from sparkops.registry.registration import Registration

        existing = [
            entry.version
            for entry in list_entries(self._settings, name)
            if to_version_info(entry).run_id == training.run_id
        ]
        if existing:
            _log.info("run %s has already registered `%s` version %d", training.run_id, name, existing[0])
            return self._assign_alias(name, existing[0])
        registration = Registration(name, self._settings, lambda model: self._score_champion(name, model))
        return self._assign_alias(name, registration.create_version(model, training, gates))

    def register_folder(self, facts: ModelFacts, folder: Path) -> ModelVersionInfo:
        """Register the finished folder of a model that sparkops did not train.

        The first champion of a name is its first version. Later versions are challengers, because nothing compares them
        with the champion. If a version was made of the same files with the same result, it is returned instead.

        Args:
            facts: What the folder contains; `name` is the registered name.
            folder: The folder; MLflow's ids are written to its `MLmodel`.
        """
        from sparkops.registry.upload import upload_version

        existing = [
            entry.version
            for entry in list_entries(self._settings, facts.name)
            if to_version_info(entry).source.get("sha256") == facts.source["sha256"]
            and entry.tags.get(SCORER_TAG, "") == facts.scorer
        ]
        client = connect(self._settings)
        version = existing[0] if existing else upload_version(client, self._settings, facts, folder, {})
        versions = self.list_versions(facts.name)
        chosen = next(info for info in versions if info.version == version)
        if not chosen.aliases:
            has_champion = aliases.find_holder(versions, CHAMPION) is not None
            if not (has_champion and existing):
                alias = aliases.CHALLENGER if has_champion else CHAMPION
                with explain_registry_errors(self._settings):
                    aliases.assign_alias(client, versions, chosen, alias)
        return self.resolve(facts.name, version)

    def promote(
        self, name: str, version: VersionOrAlias = None, *, alias: str = CHAMPION, force: bool = False
    ) -> ModelVersionInfo:
        """Give an alias to a version; a champion that is replaced becomes `previous`.

        Args:
            name: Registered name.
            version: Version number or alias; the newest version if none is given.
            alias: Alias to give.
            force: Make it champion although a gate failed when it was registered.
        """
        versions = self.list_versions(name)
        chosen = self.resolve(name, versions[0].version if version is None else version)
        failed = [gate for gate in chosen.gates if not gate.passed]
        if failed and alias == CHAMPION and not force:
            reasons = "; ".join(f"{gate.metric} is {gate.value:g}, must be {gate.rule}" for gate in failed)
            raise GateFailed(
                f"Version {chosen.version} of `{name}` may not be champion: {as_clause(reasons)}. Pass --force."
            )
        self._require_usable(chosen)
        with explain_registry_errors(self._settings):
            aliases.assign_alias(connect(self._settings), versions, chosen, alias)
        return self.resolve(name, chosen.version)

    def rollback(self, name: str, *, to: int | None = None) -> ModelVersionInfo:
        """Make the champion before this one the champion again; each further rollback goes back by one more.

        Args:
            name: Registered name.
            to: The earlier champion to go back to; by default the one before.

        Raises:
            UnknownName: There is no earlier champion, or `to` is none.
        """
        client, versions = connect(self._settings), self.list_versions(name)
        champions = aliases.read_champions(client, versions, name)
        version = aliases.choose_earlier_champion(champions, name, to)
        self._require_usable(self.resolve(name, version))
        with explain_registry_errors(self._settings):
            aliases.roll_back(client, name, champions, version)
        return self.resolve(name, version)

    def _find_entry(self, name: str, at: VersionOrAlias) -> RegistryEntry:
        key = CHAMPION if at is None else str(at).removeprefix("@")
        return find_entry(list_entries(self._settings), name, key)

    def _score_champion(self, name: str, model: Model) -> Mapping[str, float] | None:
        """Return the champion's metrics on held-out rows: None without a champion, empty if it can't score them."""
        versions = [to_version_info(entry) for entry in list_entries(self._settings, name)]
        holder = aliases.find_holder(versions, CHAMPION)
        if holder is None or model.heldout is None:
            return None
        champion = self.load_version(name, holder.version)
        try:
            champion.check(model.heldout)
        except SignatureMismatch as error:
            _log.warning("the champion cannot be compared: %s", error)
            return {}
        from sparkops.registry.evaluation import evaluate_on_heldout

        return evaluate_on_heldout(model, champion.fitted)

    def _assign_alias(self, name: str, version: int) -> ModelVersionInfo:
        """Make a new version champion or challenger, unless it has an alias already."""
        versions = self.list_versions(name)
        chosen = next(info for info in versions if info.version == version)
        if not chosen.aliases:
            alias = CHAMPION if all(gate.passed for gate in chosen.gates) else aliases.CHALLENGER
            with explain_registry_errors(self._settings):
                self._record_aliases_before(versions, chosen, alias)
                aliases.assign_alias(connect(self._settings), versions, chosen, alias)
        return self.resolve(name, version)

    def find_alias_change(self, name: str, version: int) -> tuple[AliasState, AliasState] | None:
        """Return the aliases of a model before and after a version was registered; None if the model is gone."""
        entries = [entry for entry in list_entries(self._settings, name) if entry.version == version]
        if not entries:
            return None
        try:
            recorded = parse_json(entries[0].tags.get(BEFORE_TAG, "{}"))
            if recorded:
                before = recorded["before"]
                return before, predict_alias_state(before, version, recorded["alias"])
        except MALFORMED:
            _warnings.warning(
                "The tag %s of models:/%s/%s is damaged, and is not used.", BEFORE_TAG, name, version
            )
        present = self.read_alias_state(name)
        return derive_state_before(present, version), present

    def read_alias_state(self, name: str) -> AliasState:
        """Return the present aliases of a model."""
        with explain_registry_errors(self._settings):
            return read_alias_state(connect(self._settings), self.list_versions(name), name)

    def write_alias_state(self, name: str, *, before: AliasState, after: AliasState) -> None:
        """Set the aliases of a model back, from those before the change to those after it.

        Raises:
            ModelError: An alias was moved to another version in the meantime.
        """
        present = self.read_alias_state(name)
        with explain_registry_errors(self._settings):
            write_alias_state(connect(self._settings), name, present=present, before=before, after=after)

    def _record_aliases_before(
        self, versions: Sequence[ModelVersionInfo], chosen: ModelVersionInfo, alias: str
    ) -> None:
        """Record in a new version its alias and the earlier aliases of its model, which a rollback restores."""
        client = connect(self._settings)
        state = {"alias": alias, "before": read_alias_state(client, versions, chosen.name)}
        client.set_model_version_tag(chosen.name, str(chosen.version), BEFORE_TAG, json.dumps(state))

    def _require_usable(self, version: ModelVersionInfo) -> None:
        """Raise `GateFailed` if a version does not reproduce its certificate; one that only Spark scores has none."""
        if not version.compiled and not version.flavor:
            return
        located = self.locate(version.name, version.version)
        if version.flavor:
            from sparkops.pyfunc.registration.parity import verify_pyfunc_model
            from sparkops.pyfunc.worker.worker_settings import WorkerSettings

            reason = verify_pyfunc_model(located, WorkerSettings.from_settings(self._settings))
        else:
            from sparkops.artifact.certify import verify

            reason = verify(located.folder, located.trusted_code)
        if reason:
            raise GateFailed(
                f"Version {version.version} of `{version.name}` may not take an alias: {as_clause(reason)}."
            )


def _to_located(folder: Path, entry: RegistryEntry) -> LocatedModel:
    """Return the folder of a version, which `fetch_version` checked, with the hashes that the registry holds."""
    return LocatedModel(
        folder,
        entry.name,
        entry.version,
        entry.tags.get(MANIFEST_HASH_TAG, ""),
        entry.tags.get(SCORER_TAG, ""),
    )


def _read_infos(entries: Iterable[RegistryEntry]) -> Iterator[ModelVersionInfo]:
    """Yield the facts of each entry; one whose tags are damaged is a warning."""
    for entry in entries:
        try:
            yield to_version_info(entry)
        except DamagedModel as error:
            _warnings.warning("%s", error)
