"""Keys of runs: who gets which run, and the keys of schedulers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fakes.damaged_files import DAMAGE, damage

from sparkops.errors import InputError, ProjectError
from sparkops.runs.records.run_key import RunKey, RunKeys, find_scheduler_key

AIRFLOW = {
    "AIRFLOW_CTX_DAG_ID": "sales",
    "AIRFLOW_CTX_DAG_RUN_ID": "scheduled__2026-11-29",
    "AIRFLOW_CTX_TASK_ID": "load",
}


@pytest.fixture
def keys(tmp_path: Path) -> RunKeys:
    return RunKeys(tmp_path / "keys")


def test_the_first_claim_gets_its_own_run_and_later_ones_get_that_run(keys: RunKeys) -> None:
    assert keys.claim("load", RunKey("a"), "p", "run-1") == "run-1"
    assert keys.claim("load", RunKey("a"), "p", "run-2") == "run-1"


def test_another_key_or_another_job_is_another_run(keys: RunKeys) -> None:
    keys.claim("load", RunKey("a"), "p", "run-1")
    assert keys.claim("load", RunKey("b"), "p", "run-2") == "run-2"
    assert keys.claim("clean", RunKey("a"), "p", "run-3") == "run-3"


def test_a_key_with_other_parameters_is_refused(keys: RunKeys) -> None:
    keys.claim("load", RunKey("a"), "p", "run-1")
    with pytest.raises(InputError, match=r"Run key `a` belongs to run .* of job `load`, which has other"):
        keys.claim("load", RunKey("a"), "q", "run-2")


def test_a_task_of_a_scheduler_may_run_a_job_with_several_parameters(keys: RunKeys) -> None:
    key = RunKey("airflow:a", by_params=True)
    assert keys.claim("load", key, "p", "run-1") == "run-1"
    assert keys.claim("load", key, "q", "run-2") == "run-2"
    assert keys.claim("load", key, "p", "run-3") == "run-1"


def test_a_released_key_belongs_to_the_next_run(keys: RunKeys) -> None:
    keys.claim("load", RunKey("a"), "p", "run-1")
    keys.release("load", RunKey("a"), "p")
    assert keys.claim("load", RunKey("a"), "p", "run-2") == "run-2"


def test_of_many_claims_at_once_all_get_the_same_run(keys: RunKeys) -> None:
    with ThreadPoolExecutor(8) as pool:
        runs = pool.map(lambda number: keys.claim("load", RunKey("a"), "p", f"run-{number}"), range(40))
    assert len(set(runs)) == 1


def test_the_key_of_an_airflow_task_does_not_depend_on_the_attempt() -> None:
    key = find_scheduler_key({**AIRFLOW, "AIRFLOW_CTX_TRY_NUMBER": "1"})
    assert key == RunKey("airflow:sales/scheduled__2026-11-29/load", by_params=True)
    assert find_scheduler_key({**AIRFLOW, "AIRFLOW_CTX_TRY_NUMBER": "2"}) == key


def test_mapped_tasks_of_airflow_have_different_keys() -> None:
    assert find_scheduler_key({**AIRFLOW, "AIRFLOW_CTX_MAP_INDEX": "0"}) != find_scheduler_key(
        {**AIRFLOW, "AIRFLOW_CTX_MAP_INDEX": "1"}
    )


def test_the_key_of_a_databricks_task_is_its_job_run_and_its_name() -> None:
    environ = {"DATABRICKS_JOB_RUN_ID": "991", "DATABRICKS_TASK_KEY": "load"}
    assert find_scheduler_key(environ) == RunKey("databricks:991/load", by_params=True)


@pytest.mark.parametrize("environ", [{}, {"AIRFLOW_CTX_DAG_ID": "sales"}], ids=["nothing", "incomplete"])
def test_outside_of_a_scheduler_there_is_no_key(environ: dict[str, str]) -> None:
    assert find_scheduler_key(environ) is None


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_key_is_named_and_may_be_removed(keys: RunKeys, kind: str) -> None:
    keys.claim("load", RunKey("a"), "p", "run-1")
    keys.claim("load", RunKey("b"), "p", "run-2")
    [path] = [path for path in keys.folder.iterdir() if "run-1" in path.read_text()]
    assert path.stat().st_mode & 0o077 == 0
    damage(path, kind)
    with pytest.raises(ProjectError) as failure:
        keys.claim("load", RunKey("a"), "p", "run-3")
    if kind != "dangling link":
        assert str(failure.value).startswith(f"{path}, a run key, cannot be read (")
        assert str(failure.value).endswith(
            "remove it, and the key belongs to no run; or give the run another key."
        )
    keys.forget({"run-1", "run-2"})
    assert keys.claim("load", RunKey("b"), "p", "run-4") == "run-4"
    if kind == "folder":
        with pytest.raises(ProjectError, match="cannot be removed"):
            keys.release("load", RunKey("a"), "p")
    else:
        keys.release("load", RunKey("a"), "p")
        assert keys.claim("load", RunKey("a"), "p", "run-5") == "run-5"
