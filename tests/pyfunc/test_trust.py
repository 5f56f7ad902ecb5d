"""Code of a folder is run only if the user trusts it, and then in a process with few rights."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from scoring.example_models import flights

from sparkops import load_scorer
from sparkops.cli.main import run_command
from sparkops.errors import DamagedModel, ModelError, UntrustedModel
from sparkops.pyfunc.worker.confined_main import can_isolate
from sparkops.pyfunc.worker.environment import PYTHON_VERSION
from sparkops.pyfunc.worker.manifest import Manifest, read_manifest, write_manifest
from sparkops.pyfunc.worker.open_scorer import open_pyfunc_scorer, open_scorer
from sparkops.pyfunc.worker.worker_process import WorkerProcess, build_pyfunc_program
from sparkops.pyfunc.worker.worker_settings import WorkerSettings, choose_default_limits
from sparkops.scoring import Scorer, save
from sparkops.scoring.ir.description import PYTHON_FUNCTION, Description, Output, Step
from sparkops.scoring.ir.field import Field
from sparkops.scoring.locate.model_uri import LocatedModel
from sparkops.scoring.row_code import hash_code
from sparkops.serving.load_service import load_service

TRUSTING = WorkerSettings(trust=True)
LOADER = '''"""A model that leaves a trace where it is loaded, and tells what it sees."""

import json
import os
import resource
from pathlib import Path

TRACE = Path(__file__).parents[2] / "trace.json"


def _read(path):
    try:
        return Path(path).read_bytes().decode(errors="replace")
    except OSError as error:
        return type(error).__name__


class Model:
    def predict(self, frame, params=None):
        return frame["x"] * 2


def _load_pyfunc(path):
    names = {key: resource.getrlimit(getattr(resource, key))[0] for key in ("RLIMIT_DATA", "RLIMIT_CORE", "RLIMIT_NOFILE")}
    TRACE.write_text(json.dumps({
        "parent": _read(f"/proc/{os.getppid()}/environ"),
        "environ": dict(os.environ),
        "folder": os.getcwd(),
        "status": _read("/proc/self/status"),
        "limits": names,
    }))
    return Model()
'''
MLMODEL = """flavors:
  python_function: {loader_module: untrusted_loader, code: code, data: data, python_version: 3.11.0}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a model whose loading runs code that the folder contains."""
    folder = tmp_path / "model"
    for name, text in {
        "code/untrusted_loader.py": LOADER,
        "MLmodel": MLMODEL,
        "data/readme": "",
        "certificate.jsonl": json.dumps({"row": {"x": 1.0}, "answer": {"prediction": 2.0}}) + "\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    write_manifest(
        Manifest(
            flavor="python_function",
            fields=(Field("x", "double"),),
            outputs=(Output("prediction", "double", "prediction", "prediction"),),
            python=PYTHON_VERSION,
            requirements=("mlflow", "a-package-that-nobody-installs"),
        ),
        folder,
    )
    return folder


def allow_packages(folder: Path) -> None:
    """Let the model need only what is installed here."""
    file = folder / "flavor.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"requirements": ["mlflow"]}))


COMMANDS: dict[str, Callable[[str], list[str]]] = {
    "score": lambda model: ["score", model, "--row", '{"x": 1.5}'],
    "score a file": lambda model: ["score", model, "--file", "-"],
    "serve": lambda model: ["serve", model, "--port", "0"],
    "certify": lambda model: ["models", "certify", model],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_names_the_code_and_runs_none(
    command: str, folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert run_command(COMMANDS[command]("./model")) == 2
    message = capfd.readouterr().err.strip()
    assert message.startswith(f"Error: The model in {folder} is not loaded, because that runs code")
    for part in (
        "a model of a Python function, from code/untrusted_loader.py",
        "the packages mlflow, a-package-that-nobody-installs",
        "a separate process, not a sandbox",
        "pass --trust (in Python: trust=True)",
    ):
        assert part in message
    assert not (folder.parent / "trace.json").exists()


FUNCTIONS: dict[str, Callable[[Path], Any]] = {
    "load_scorer": lambda folder: load_scorer(str(folder)),
    "load_scorer of a project": lambda folder: load_scorer(str(folder), tracking_uri="sqlite:///none.db"),
    "open_scorer": open_scorer,
    "load_service": load_service,
    "open_pyfunc_scorer": lambda folder: open_pyfunc_scorer(
        LocatedModel(folder, "model", None), WorkerSettings()
    ),
    "a version without a hash": lambda folder: open_pyfunc_scorer(
        LocatedModel(folder, "model", 3), WorkerSettings()
    ),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("flavor", ["sklearn", "python_function", "spark"])
def test_a_function_refuses_code_of_a_folder(function: str, flavor: str, folder: Path) -> None:
    manifest = read_manifest(folder)
    if flavor == "spark":
        (folder / "flavor.json").rename(folder / "spark.json")
        if "pyfunc" in function or "version" in function:
            return
    file = folder / ("spark.json" if flavor == "spark" else "flavor.json")
    content = json.loads(file.read_text()) | {"flavor": flavor}
    file.write_text(json.dumps(content))
    with pytest.raises(UntrustedModel, match=r"pass --trust \(in Python: trust=True\)"):
        FUNCTIONS[function](folder)
    assert manifest.files
    assert not (folder.parent / "trace.json").exists()


def test_registered_code_needs_no_trust(folder: Path) -> None:
    allow_packages(folder)
    located = LocatedModel(folder, "model", 1, manifest_hash=read_manifest(folder).hash)
    with closing(open_pyfunc_scorer(located, WorkerSettings())) as scorer:
        assert scorer.score({"x": 1.5}) == {"prediction": 3.0}


def test_trust_runs_the_code_with_few_rights(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"DATABASE_URL": "sesame", "TF_VAR_password": "sesame", "KERAS_TOKEN": "sesame", "OMP_SECRET": "sesame"}  # fmt: skip
    for name, value in (*secrets.items(), ("OMP_NUM_THREADS", "1"), ("TF_CPP_MIN_LOG_LEVEL", "3")):
        monkeypatch.setenv(name, value)
    allow_packages(folder)
    with closing(load_scorer(str(folder), trust=True)) as scorer:  # type: ignore[type-var]
        assert scorer.score({"x": 1.5}) == {"prediction": 3.0}
    trace = json.loads((folder.parent / "trace.json").read_text())
    assert "sesame" not in json.dumps(trace["environ"])
    assert {"OMP_NUM_THREADS", "TF_CPP_MIN_LOG_LEVEL"} <= set(trace["environ"])
    assert Path(trace["folder"]).name.startswith("sparkops-worker-")
    limits = choose_default_limits()
    assert trace["limits"]["RLIMIT_DATA"] <= limits["memory"]
    assert trace["limits"]["RLIMIT_CORE"] == 0
    assert trace["limits"]["RLIMIT_NOFILE"] <= limits["files"]
    if sys.platform == "linux":
        assert "NoNewPrivs:\t1" in trace["status"]
        if can_isolate([str(folder)]):
            assert trace["parent"] == "PermissionError"


def test_a_process_that_uses_too_much_memory_is_an_error_of_the_model(folder: Path) -> None:
    allow_packages(folder)
    loader = folder / "code" / "untrusted_loader.py"
    loader.write_text("def _load_pyfunc(path):\n    return bytearray(3 << 30)\n")
    manifest = write_manifest(read_manifest(folder), folder)
    program = build_pyfunc_program(manifest, {"memory": 1 << 30})
    process = WorkerProcess(folder, manifest, Path(sys.executable), timeout=60, program=program)
    with pytest.raises(ModelError, match="can't be loaded: MemoryError"):
        process.answer({"x": [1.0]})


def test_a_folder_with_both_is_scored_by_the_compiled_scorer(folder: Path) -> None:
    save(flights(), folder / "scorer")
    assert isinstance(open_scorer(folder), Scorer)
    assert isinstance(open_scorer(folder, worker_settings=TRUSTING), Scorer)
    assert isinstance(load_service(folder).scorer, Scorer)
    assert not (folder.parent / "trace.json").exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("python", "../../bin/evil"),
        ("python", "3.11; rm"),
        ("flavor", ["sklearn"]),
        ("files", ["x"]),
        ("fields", 3),
    ],
)
def test_a_damaged_manifest_is_named(key: str, value: Any, folder: Path) -> None:
    file = folder / "flavor.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {key: value}))
    with pytest.raises(DamagedModel, match=r"flavor\.json is damaged"):
        open_scorer(folder, worker_settings=TRUSTING)


def test_requirements_that_are_paths_are_refused_even_with_trust(folder: Path) -> None:
    for requirement in ("./evil", "evil @ file:///tmp/evil", "--index-url=http://evil", "-e ."):
        file = folder / "flavor.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"requirements": [requirement]}))
        with pytest.raises(ModelError, match="requirement"):
            open_scorer(folder, worker_settings=TRUSTING)


FUNCTION = "from sparkops import row_function\n\n\n@row_function(returns='double')\ndef double(params, x):\n    return 2 * x\n"


@pytest.fixture
def with_function(tmp_path: Path) -> Iterator[Path]:
    """Return the folder of a compiled model whose row function is code of the folder."""
    folder = tmp_path / "with_function"
    file = folder / "code" / "untrusted_rows.py"
    file.parent.mkdir(parents=True)
    file.write_text(FUNCTION)
    save_function(folder, "untrusted_rows", file)
    yield folder
    for name in [name for name in sys.modules if "untrusted_rows" in name]:
        del sys.modules[name]


def save_function(folder: Path, module: str, file: Path) -> None:
    params = {
        "function": f"{module}:double",
        "sha256": hash_code(file, module),
        "stage_params": "{}",
        "types": ["double"],
        "returns": ["double"],
    }
    step = Step(PYTHON_FUNCTION, "Double `d`", ("x",), ("y",), params, {})
    outputs = (Output("y", "double", "y", "column"),)
    description = Description((Field("x", "double"),), (), (step,), outputs, None, ("Double",))
    shutil.rmtree(folder / "scorer", ignore_errors=True)
    save(description, folder / "scorer")


def test_a_row_function_of_a_folder_needs_trust(with_function: Path) -> None:
    with pytest.raises(UntrustedModel, match=r"untrusted_rows:double is not installed .* pass --trust"):
        open_scorer(with_function)
    with pytest.raises(UntrustedModel):
        load_service(with_function)
    scorer = load_scorer(str(with_function), trust=True)
    assert scorer.score({"x": 1.5}) == {"y": 3.0}


def test_a_row_function_of_changed_code_is_damage_even_with_trust(with_function: Path) -> None:
    (with_function / "code" / "untrusted_rows.py").write_text(FUNCTION.replace("2 *", "3 *"))
    with pytest.raises(DamagedModel, match=r"Nor does .* contain it"):
        open_scorer(with_function, worker_settings=TRUSTING)


@pytest.mark.parametrize("entry", ["", "."])
def test_code_of_the_folder_is_not_installed_because_the_working_folder_is_on_the_path(
    entry: str, with_function: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "with_function.code.untrusted_rows"
    monkeypatch.chdir(with_function.parent)
    monkeypatch.setattr(sys, "path", [entry, *sys.path])
    save_function(with_function, module, with_function / "code" / "untrusted_rows.py")
    with pytest.raises(UntrustedModel, match="there is no module"):
        open_scorer(Path("with_function"))
    assert module not in sys.modules


def test_the_environment_of_an_installation_holds_no_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sparkops.errors import EngineError
    from sparkops.pyfunc.worker.environment import create_environment

    uv = tmp_path / "uv"
    uv.write_text('#!/bin/sh\necho "password=$DATABASE_PASSWORD index=$PIP_INDEX_URL" >&2\nexit 1\n')
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DATABASE_PASSWORD", "sesame")
    monkeypatch.setenv("PIP_INDEX_URL", "http://index")
    manifest = Manifest(flavor="sklearn", fields=(), python=PYTHON_VERSION, requirements=("x",))
    with pytest.raises(EngineError, match="password= index=http://index"):
        create_environment(manifest, tmp_path / "environments")


@pytest.mark.parametrize(
    "text", ["{", "[" * 5000, "3\n", '{"row": 3, "answer": {}}\n', '{"row": {"x": 1.0}, "answer": {"y": 1}}\n', '{"row": {"x": {"$double": []}}}\n']
)  # fmt: skip
def test_a_damaged_certificate_is_named(text: str, folder: Path) -> None:
    (folder / "certificate.jsonl").write_text(text)
    allow_packages(folder)
    write_manifest(read_manifest(folder), folder)
    with pytest.raises(DamagedModel, match=r"certificate\.jsonl is damaged"):
        open_scorer(folder, worker_settings=TRUSTING)
