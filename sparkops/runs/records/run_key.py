"""Run keys, given by the caller: a retry with the same key continues the run instead of repeating it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sparkops.config.state_file import DamagedState, read_state, require_text
from sparkops.core.atomic_file import create_file
from sparkops.errors import InputError, ProjectError

# The environment variables by which Airflow identifies a task instance; a retry has the same values.
_AIRFLOW: Final = ("AIRFLOW_CTX_DAG_ID", "AIRFLOW_CTX_DAG_RUN_ID", "AIRFLOW_CTX_TASK_ID")
_AIRFLOW_MAPPED: Final = "AIRFLOW_CTX_MAP_INDEX"
# The environment variables in which a Databricks job passes `{{job.run_id}}` and `{{task.name}}`.
_DATABRICKS: Final = ("DATABRICKS_JOB_RUN_ID", "DATABRICKS_TASK_KEY")


@dataclass(frozen=True, slots=True)
class RunKey:
    """A key of a run.

    Args:
        text: The key.
        by_params: Whether runs with other parameters have other keys. The key of a scheduler's task does: one task
            may run a job several times.
    """

    text: str
    by_params: bool = False


@dataclass(frozen=True, slots=True)
class RunKeys:
    """The keys of a project's runs, one file for each.

    Args:
        folder: `<state>/keys`.
    """

    folder: Path

    def claim(self, job: str, key: RunKey, params: str, run_id: str) -> str:
        """Give the key to a run, unless another run has it, and return the run that has it.

        Of several processes that claim a key at once, exactly one gets its own `run_id`.

        Args:
            job: Name of the job.
            key: The key.
            params: Hash of the run's parameters.
            run_id: The run to which the key is given.

        Raises:
            InputError: A run with other parameters has the key.
            ProjectError: The folder cannot be written, or the key's file cannot be read.
        """
        path = self._locate(job, key, params)
        entry = {"run": run_id, "job": job, "key": key.text, "params": params}
        try:
            create_file(path, json.dumps(entry), durable=True, private=True)
        except FileExistsError:
            entry = _read(path)
        except OSError as error:
            raise ProjectError(
                f"The run key cannot be written to {self.folder}: {error.strerror}. Give write access there, or set "
                "`state` in conf/ to another folder."
            ) from error
        if entry["params"] != params:
            raise InputError(
                f"Run key `{key.text}` belongs to run {entry['run']} of job `{job}`, which has other parameters: "
                "use another key for these."
            )
        return str(entry["run"])

    def release(self, job: str, key: RunKey, params: str) -> None:
        """Forget the run that has the key, so that the next one with the key is a new run.

        Raises:
            ProjectError: The key's file cannot be removed.
        """
        path = self._locate(job, key, params)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ProjectError(
                f"The run key {path} cannot be removed: {error.strerror}. Remove it."
            ) from error

    def forget(self, run_ids: Collection[str]) -> None:
        """Forget the keys of runs whose records are removed."""
        if not run_ids:
            return
        for path in self.folder.glob("*.json"):
            with suppress(OSError, DamagedState):
                if _read(path)["run"] in run_ids:
                    path.unlink()

    def _locate(self, job: str, key: RunKey, params: str) -> Path:
        parts = [job, key.text, *([params] if key.by_params else [])]
        return self.folder / f"{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}.json"


def _read(path: Path) -> dict[str, str]:
    """Return the entry of a key's file.

    Raises:
        FileNotFoundError: There is no such file.
        DamagedState: It cannot be read.
    """
    advice = "remove it, and the key belongs to no run; or give the run another key"
    return read_state(path, _parse, content="a run key", advice=advice)


def _parse(value: Any) -> dict[str, str]:
    return {name: require_text(value, name) for name in ("run", "params")}


def find_scheduler_key(environ: Mapping[str, str]) -> RunKey | None:
    """Return the key of the scheduler's task that this process belongs to, or None outside of a scheduler.

    Args:
        environ: Environment variables.
    """
    airflow = [environ.get(name, "") for name in _AIRFLOW]
    if all(airflow):
        index = environ.get(_AIRFLOW_MAPPED, "")
        return RunKey("airflow:" + "/".join([*airflow, *([index] if index else [])]), by_params=True)
    run, task = (environ.get(name, "") for name in _DATABRICKS)
    if run:
        return RunKey("databricks:" + "/".join([run, *([task] if task else [])]), by_params=True)
    return None
