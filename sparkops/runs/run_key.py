"""Run keys: a run is found again by the key of whoever started it, so that a retry continues it instead of repeating it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sparkops.errors import InputError, ProjectError

# What identifies a task instance in the environment that Airflow gives to its tasks; a retry of it has the same values.
_AIRFLOW: Final = ("AIRFLOW_CTX_DAG_ID", "AIRFLOW_CTX_DAG_RUN_ID", "AIRFLOW_CTX_TASK_ID")
_AIRFLOW_MAPPED: Final = "AIRFLOW_CTX_MAP_INDEX"
# The environment variables in which a Databricks job passes `{{job.run_id}}` and `{{task.name}}`.
_DATABRICKS: Final = ("DATABRICKS_JOB_RUN_ID", "DATABRICKS_TASK_KEY")


@dataclass(frozen=True, slots=True)
class RunKey:
    """A key of a run.

    Args:
        text: The key.
        by_params: Whether runs with other parameters have other keys. The key of a scheduler's task does: one task may run
            a job several times.
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
        """Return the run that has the key: `run_id` if no run had it. Of several processes, one gets its own id.

        Args:
            job: Name of the job.
            key: The key.
            params: Hash of the run's parameters.
            run_id: Id for a new run.

        Raises:
            InputError: A run with other parameters has the key.
        """
        path = self._path(job, key, params)
        entry = {"run": run_id, "job": job, "key": key.text, "params": params}
        unfinished = path.with_suffix(f".{secrets.token_hex(8)}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps(entry), encoding="utf-8")
            # Unlike a rename, a link does not replace the file of another process.
            os.link(unfinished, path)
        except FileExistsError:
            entry = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ProjectError(
                f"The run key cannot be written to {self.folder}: {error.strerror}. Give write access there, or set "
                "`state` in conf/ to another folder."
            ) from error
        finally:
            unfinished.unlink(missing_ok=True)
        if entry["params"] != params:
            raise InputError(
                f"Run key `{key.text}` belongs to run {entry['run']} of job `{job}`, which has other parameters: "
                "use another key for these."
            )
        return str(entry["run"])

    def release(self, job: str, key: RunKey, params: str) -> None:
        """Forget the run that has the key, so that the next one with the key is a new run."""
        self._path(job, key, params).unlink(missing_ok=True)

    def _path(self, job: str, key: RunKey, params: str) -> Path:
        parts = [job, key.text, *([params] if key.by_params else [])]
        return self.folder / f"{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}.json"


def scheduler_key(environ: Mapping[str, str]) -> RunKey | None:
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
