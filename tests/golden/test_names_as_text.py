"""Modules and attributes that the code names as text: each is there under that name."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest
from fakes.without import run
from pyspark import cloudpickle

import sparkops
import sparkops.scoring
from sparkops.artifact import code_bundle
from sparkops.batch import executor_scorer
from sparkops.checks.gx import library
from sparkops.cli.main import COMMANDS
from sparkops.scoring import Scorer, describe
from sparkops.scoring.artifact.file_names import ARRAYS, DESCRIPTION

ROOT = Path(sparkops.__file__).parent
TAKEN = (code_bundle.ARROW_SCORER, code_bundle.READ_DESCRIPTION, code_bundle.ROW_ERROR)


def test_the_loader_of_an_artifact_keeps_its_path() -> None:
    assert code_bundle.LOADER == "scoring.pyfunc"
    assert callable(import_module(f"sparkops.{code_bundle.LOADER}")._load_pyfunc)


@pytest.mark.parametrize(("module", "name"), TAKEN, ids=[name for _, name in TAKEN])
def test_what_executors_import_is_in_the_code_that_they_are_sent(module: str, name: str) -> None:
    assert callable(getattr(import_module(f"sparkops.{module}"), name))
    _, files = code_bundle.read_scoring_package()
    assert f"{module.replace('.', '/')}.py" in files
    assert f"{code_bundle.LOADER.replace('.', '/')}.py" in files


SENT = """
import pickle, json
import pyarrow as pa
score = pickle.load(open(sys.argv[1], "rb"))
rows = json.loads(open(sys.argv[2]).read())
kinds = pa.schema([("x", pa.float64()), ("n", pa.int32())])
actual = [batch.to_pylist() for batch in score(pa.Table.from_pylist(rows, schema=kinds).to_batches())]
print(json.dumps(actual))
print(sorted(name for name in sys.modules if name.split(".")[0] == "sparkops"))
"""


def test_executors_score_without_sparkops_what_they_are_sent(tmp_path: Path) -> None:
    folder = next((Path(__file__).parent / "v1" / "artifacts").glob("three_classes"))
    files = {name: (folder / name).read_bytes() for name in (DESCRIPTION, ARRAYS)}
    described = describe(folder)
    opener = executor_scorer._make_importer(*code_bundle.read_scoring_package())
    score = executor_scorer._make_portable_scorer(
        opener, files, described.hash, (("model_version", 7), "off", None)
    )
    (tmp_path / "score.pickle").write_bytes(cloudpickle.dumps(score))
    rows = [{"x": 0.5, "n": 3}, {"x": -1.0, "n": 8}]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    output = run(SENT, tmp_path / "score.pickle", tmp_path / "rows.json", without=("sparkops",)).splitlines()
    ((first, second),) = json.loads(output[0])
    scorer = Scorer(described)
    assert [first["prediction"], second["prediction"]] == [scorer.score(row)["prediction"] for row in rows]
    assert (first["model_version"], output[1]) == (7, "[]")


def test_each_command_is_where_its_group_looks_for_it() -> None:
    for module, name, _ in COMMANDS.values():
        assert hasattr(import_module(module), name), module


def test_names_that_are_imported_on_first_use_are_there() -> None:
    for name in sparkops.__all__:
        assert getattr(sparkops, name) is not None
    for name in sparkops.scoring.__all__:
        assert getattr(sparkops.scoring, name) is not None


def test_modules_that_are_named_to_spark_and_to_threads_are_there() -> None:
    assert (ROOT / "spark" / "worker_daemon.py").is_file()
    for module in library._MODULES:
        package, _, rest = module.partition(".")
        if package == "sparkops":
            assert (ROOT / f"{rest.replace('.', '/')}.py").is_file(), module


def test_the_script_of_a_model_s_own_process_is_there() -> None:
    assert (ROOT / "pyfunc" / "worker" / "worker_main.py").is_file()
