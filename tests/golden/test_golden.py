"""Files of earlier formats, read by the code of today: what users have on disk must be read as it was written.

`scripts/make_golden.py` made each folder `v<n>` once; none of their files may be changed, by a renaming least of all.
"""

from __future__ import annotations

import json
import math
import shutil
import zipfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fakes.without import run

from sparkops.artifact.facts import read_benchmark, read_input_types, to_version_info
from sparkops.checks.execution import suite_cache
from sparkops.checks.suite.suite_file import load_suite
from sparkops.config.settings import Settings
from sparkops.engine.operations.expectation_history import group_by_expectation, history_to_json
from sparkops.pipeline.json_values.models import model_version_to_json
from sparkops.pipeline.json_values.tables import commit_to_json
from sparkops.pyfunc.worker.manifest import read_manifest, verify_folder, write_manifest
from sparkops.runs.records.run import run_to_json
from sparkops.runs.records.store import RunStore
from sparkops.scoring import Scorer, describe, find_differences, load, read_cases, save
from sparkops.scoring.ir.description import PYTHON_FUNCTION
from sparkops.scoring.ir.rule_serialization import rule_from_json, rule_to_json
from sparkops.scoring.locate.sqlite_registry import RegistryEntry
from sparkops.scoring.stages.registry import STAGES
from sparkops.tables import Tables

HOME = Path(__file__).parent
VERSIONS = sorted(HOME.glob("v*"))
ARTIFACTS = sorted(HOME.glob("v*/artifacts/*"))
every_version = pytest.mark.parametrize("golden", VERSIONS, ids=lambda folder: folder.name)
every_artifact = pytest.mark.parametrize(
    "folder", ARTIFACTS, ids=lambda folder: f"{folder.parts[-3]}-{folder.name}"
)
# A double of a batch may differ in its last digits: NumPy picks its own exp and sum for each processor.
LAST_DIGITS = 1e-13
# So may that of a row, where NumPy computes the row, too.
ROWS_BY_NUMPY = {"perceptron", "topics", "mixture", "project", "dct"}
PREDICT = """
import json, mlflow, pandas
model = mlflow.pyfunc.load_model(sys.argv[1])
rows = [json.loads(line)["row"] for line in open(sys.argv[2])]
frame = pandas.DataFrame(rows).astype({"shop": object})
answer = model.predict(frame)
print(json.dumps([answer.to_dict("list"), sorted(name for name in sys.modules if name.startswith("spark"))]))
"""


def stored(file: Path) -> Any:
    return json.loads(file.read_text("utf-8"))


def as_stored(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def identical(one: Any, other: Any, rtol: float = 0.0) -> bool:
    """Return whether two answers are the same, to the bit where no tolerance is given; NaN equals NaN."""
    if isinstance(one, float) and isinstance(other, float):
        near = math.isclose(one, other, rel_tol=rtol, abs_tol=rtol)
        return near or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(identical(*pair, rtol) for pair in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(identical(one[key], other[key], rtol) for key in one)
    return type(one) is type(other) and bool(one == other)


@every_version
def test_no_golden_file_was_changed_lost_or_added(golden: Path) -> None:
    lines = (golden / "SHA256SUMS").read_text("utf-8").splitlines()
    expected = dict(reversed(line.split("  ", 1)) for line in lines)
    files = [file for file in golden.rglob("*") if file.is_file() and file.name != "SHA256SUMS"]
    actual = {f.relative_to(golden).as_posix(): sha256(f.read_bytes()).hexdigest() for f in files}
    changed = sorted(name for name in {*expected, *actual} if expected.get(name) != actual.get(name))
    assert changed == [], (
        "golden files are never changed: git checkout them, and fix the code that reads them"
    )


def test_golden_files_stay_small_and_name_no_machine() -> None:
    files = [file for folder in VERSIONS for file in folder.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 1_500_000 * len(VERSIONS)
    assert not [file for file in files if b"/root/" in file.read_bytes() or b"/home/" in file.read_bytes()]


# Artifacts


@every_artifact
def test_an_artifact_answers_each_row_as_on_the_day_it_was_made(folder: Path) -> None:
    scorer = Scorer(describe(folder), raw=True)
    cases = read_cases((folder / "answers.jsonl").read_text("utf-8"))
    rtol = LAST_DIGITS if ROWS_BY_NUMPY & {step.op for step in describe(folder).steps} else 0.0
    assert len(cases) >= 8
    assert [
        (case["row"], expected, scorer.answer(case["row"]))
        for case, expected in cases
        if not identical(scorer.answer(case["row"]), expected, rtol)
    ] == []


@every_artifact
def test_an_artifact_answers_a_batch_as_on_the_day_it_was_made(folder: Path) -> None:
    scorer = Scorer(describe(folder), raw=True)
    cases = read_cases((folder / "answers.jsonl").read_text("utf-8"))
    taken = [case for case, _ in cases if case["batch"] != "refused"]
    assert len(taken) >= 3
    answers = scorer.score_batch([case["row"] for case in taken]).rows()
    pairs = zip((case["batch"] for case in taken), answers, strict=True)
    assert [pair for pair in pairs if not identical(pair[0], pair[1] or "dropped", LAST_DIGITS)] == []


@every_artifact
def test_a_description_is_written_as_it_was(folder: Path, tmp_path: Path) -> None:
    expected = (folder / "description.json").read_bytes()
    save(describe(folder), tmp_path)
    assert (tmp_path / "description.json").read_bytes() == expected
    assert describe(tmp_path).hash == describe(folder).hash


@every_artifact
def test_a_certificate_still_holds(folder: Path) -> None:
    cases = read_cases((folder / "certificate.jsonl").read_text("utf-8"))
    assert len(cases) >= 5
    assert find_differences(load(folder, raw=True), cases) == []


def test_every_operation_stands_in_an_artifact() -> None:
    steps = (step for folder in ARTIFACTS for step in stored(folder / "description.json")["steps"])
    # A row function needs its author's module: tests/scoring/stages/test_python_function.py has the saved form of its step.
    assert {step["op"] for step in steps} == set(STAGES) - {PYTHON_FUNCTION}


@every_version
def test_rules_find_the_same_rows_as_before(golden: Path) -> None:
    folder = golden / "artifacts" / "with_rules"
    scorer = load(folder, rules="count")
    for case, answer in read_cases((folder / "answers.jsonl").read_text("utf-8")):
        if isinstance(answer, dict):
            scorer.score(case["row"])
    assert scorer.broken == stored(folder / "broken.json")
    checks = scorer.description.checks
    assert checks is not None
    assert checks.to_json() == stored(folder / "description.json")["checks"]


@every_version
def test_every_kind_of_rule_is_read_and_written_as_it_was(golden: Path) -> None:
    expected = stored(golden / "rules.json")
    assert len(expected) >= 22
    assert {name: rule_to_json(rule_from_json(rule)) for name, rule in expected.items()} == expected


@every_version
def test_a_registered_model_is_read_with_its_facts_certificate_and_flavor(golden: Path) -> None:
    folder = golden / "models" / "spark"
    scorer = load(folder / "scorer", raw=True)
    cases = read_cases((folder / "scorer" / "certificate.jsonl").read_text("utf-8"))
    assert len(cases) > 100
    assert find_differences(scorer, cases) == []
    assert dict(read_input_types(folder)) == {"shop": "string", "amount": "double", "id": "int"}
    assert set(read_benchmark(folder)) == {"transform", "mapInArrow", "rows"}
    text = (folder / "MLmodel").read_text("utf-8")
    assert ".scoring.pyfunc\n" in text
    assert "data: scorer\n" in text


@every_version
def test_plain_mlflow_loads_a_registered_model_by_the_code_in_it(golden: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(golden / "models" / "spark", folder)
    with zipfile.ZipFile(golden / "models" / "spark_code.zip") as archive:
        archive.extractall(folder)
    cases = read_cases((folder / "scorer" / "certificate.jsonl").read_text("utf-8"))
    expected = [
        (row, answer) for row, answer in cases if isinstance(answer, dict) and None not in row.values()
    ]
    expected = expected[:40]
    lines = "".join(json.dumps({"row": row}) + "\n" for row, _ in expected)
    (tmp_path / "rows.jsonl").write_text(lines, "utf-8")
    output = run(PREDICT, folder, tmp_path / "rows.jsonl", without=("sparkops", "pyspark", "py4j"))
    answer, modules = json.loads(output.splitlines()[-1])
    assert answer["prediction"] == [each["prediction"] for _, each in expected]
    assert [name for name in modules if name.startswith("sparkops_scorer_") and name.endswith("pyfunc")]
    assert not [name for name in modules if name.split(".")[0] in ("sparkops", "pyspark")]


@every_version
def test_the_manifest_of_a_model_of_another_flavor_is_read_and_its_files_are_those_that_it_lists(
    golden: Path,
) -> None:
    manifest = verify_folder(golden / "models" / "other", None)
    assert (manifest.flavor, manifest.saved_as, manifest.is_single_precision) == ("sklearn", "skops", False)
    assert {field.name: field.type for field in manifest.fields} == {"amount": "double", "id": "integer"}
    assert [(each.name, each.role) for each in manifest.outputs] == [
        ("prediction", "prediction"),
        ("probability", "probability"),
    ]


@every_version
def test_a_manifest_is_written_as_it_was(golden: Path, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(golden / "models" / "other", folder)
    expected = (folder / "flavor.json").read_bytes()
    write_manifest(read_manifest(folder), folder)
    assert (folder / "flavor.json").read_bytes() == expected


# Records


def loaded_runs(golden: Path) -> Iterator[tuple[str, Any]]:
    store = RunStore(golden / "runs")
    return ((run_id, store.load(run_id)) for run_id in store.list_ids())


ADDED_KEYS = ("key",)


@every_version
def test_records_of_runs_are_read_as_they_were_when_they_were_written(golden: Path) -> None:
    actual = {run_id: as_stored(run_to_json(record)) for run_id, record in loaded_runs(golden)}
    expected = stored(golden / "records.json")
    assert len(actual) >= 11
    # Keys that were added since then are empty in an old record; every other one is as it was.
    new_keys = [(run_id, key) for run_id in actual for key in ADDED_KEYS if key not in expected[run_id]]
    assert [actual[run_id].pop(key) for run_id, key in new_keys] == [None] * len(new_keys)
    derived = {
        run_id: actual[run_id].pop("attempts") for run_id in actual if "attempts" not in expected[run_id]
    }
    assert {run_id: len(attempts) for run_id, attempts in derived.items()} == {
        run_id: expected[run_id]["attempt"] for run_id in derived
    }
    assert actual == expected


@every_version
def test_records_of_every_kind_of_run_are_among_them(golden: Path) -> None:
    names = stored(golden / "runs.json")
    actual = dict(loaded_runs(golden))
    by = {name: actual[run_id] for name, run_id in names.items()}
    assert {name: record.state for name, record in by.items()} == {
        "table": "done", "checks_failed": "checks_failed", "merged": "done", "model": "done", "second_model": "done",
        "other_model": "done", "scores": "done", "report": "done", "failed": "failed", "resumed": "done",
        "stream": "done",
    }  # fmt: skip
    assert by["table"].outputs["orders__quarantine"]["rows"] == 1
    assert by["resumed"].attempt == 2
    assert by["stream"].batches
    assert by["scores"].rules
    assert by["model"].registered
    assert by["report"].report


@every_version
def test_a_run_is_shown_as_json_with_the_same_keys(golden: Path) -> None:
    shown = stored(golden / "cli" / "runs_show.json")
    record = RunStore(golden / "runs").load(shown["id"])
    present = as_stored(run_to_json(record))
    # derived from the other keys
    assert present["attempts"][-1]["state"] == shown["state"]
    assert present == {**dict.fromkeys(ADDED_KEYS), "attempts": present["attempts"], **shown}


# Tables


@pytest.fixture
def tables(tmp_path: Path, make_settings: Callable[..., Settings]) -> Callable[[Path], Tables]:
    """Return what opens the tables of a golden folder, copied to where they may be written."""

    def opened(golden: Path) -> Tables:
        shutil.copytree(golden / "tables", tmp_path / "warehouse")
        return Tables(None, make_settings())

    return opened


@every_version
def test_the_history_of_checks_is_read_and_shown_as_it_was(
    golden: Path, tables: Callable[[Path], Tables]
) -> None:
    expected = tables(golden).read_check_results("check_results", "orders")
    actual = [as_stored(history_to_json(each)) for each in group_by_expectation(expected, runs=20)]
    assert actual == stored(golden / "cli" / "checks_history.json")


@every_version
def test_the_commits_of_tables_name_their_runs_and_batches(
    golden: Path, tables: Callable[[Path], Tables]
) -> None:
    opened, runs = tables(golden), stored(golden / "runs.json")
    for name, file in (("orders", "tables_history"), ("clean", "stream_history")):
        actual = as_stored([commit_to_json(commit) for commit in opened.read_history(name)])
        assert actual == stored(golden / "cli" / f"{file}.json")
    published = opened.find_published("orders", runs["table"])
    assert published is not None
    assert published.version == 0


@every_version
def test_the_quarantine_holds_its_rows_with_run_reasons_and_release(golden: Path) -> None:
    from deltalake import DeltaTable

    table = DeltaTable(golden / "tables" / "orders__quarantine")
    (row,) = table.to_pyarrow_table().to_pylist()
    assert row["_sparkops_run"] == stored(golden / "runs.json")["table"]
    assert row["_sparkops_reasons"]
    assert row["_sparkops_release"].startswith("release-")
    assert row["_sparkops_released"]


# State


@every_version
def test_a_compiled_suite_is_found_by_its_content(golden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = stored(golden / "suites.json")
    monkeypatch.setattr(suite_cache, "version", lambda _: expected["library"])
    suite = load_suite(golden / "conf" / "checks" / "orders.yml", "orders")
    actual = suite_cache.load_compiled_suite(suite, golden / "state" / "gx" / "suites")
    assert actual is not None
    shown = {
        str(at): [kind, {name: repr(value) for name, value in arguments.items()}]
        for at, (kind, arguments) in actual.native.items()
    }
    assert {"native": shown, "others": list(actual.by_gx)} == expected["suites"]["orders"]


@every_version
def test_a_lock_holds_the_id_of_the_run_that_took_it_last(golden: Path) -> None:
    locks = {file.name: file.read_text("utf-8") for file in (golden / "state" / "locks").iterdir()}
    runs = stored(golden / "runs.json")
    assert locks["fragile.lock"] == runs["resumed"]
    assert locks["orders.lock"].startswith("release-")
    assert locks["orders__quarantine.lock"] == locks["orders.lock"]


def registry_entry(expected: dict[str, Any]) -> RegistryEntry:
    return RegistryEntry(
        name=expected["name"],
        version=expected["version"],
        run=expected["run"],
        location=expected["location"],
        created=expected["created"],
        aliases=tuple(expected["aliases"]),
        tags=expected["tags"],
        metrics=expected["metrics"],
    )


@every_version
def test_versions_of_the_registry_are_told_by_their_tags(golden: Path) -> None:
    actual = {}
    for name, entry in stored(golden / "registry.json").items():
        actual[name] = as_stored(model_version_to_json(to_version_info(registry_entry(entry))))
    shown = stored(golden / "cli" / "models_show.json")
    assert actual[f"late/{shown['version']}"] == shown
    listed = {f"{each['name']}/{each['version']}": each for each in stored(golden / "cli" / "models.json")}
    assert {name: actual[name] for name in listed} == listed
