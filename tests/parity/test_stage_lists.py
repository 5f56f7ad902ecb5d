"""Every fitted stage of Spark ML has its files, under the same name wherever it appears, and no file is left over."""

from __future__ import annotations

import ast
import inspect
import re
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

import sparkops
from parity.cases.registry import MODULES, cases_of
from parity.spark_stages import (
    DISCRETIZER,
    PRIVATE_STAGES,
    SHARED_OPERATIONS,
    SPARK_STAGES,
    operation_path,
)
from sparkops.compiler.pipeline_stages import TUNED_MODELS
from sparkops.compiler.stages.registry import COMPILERS
from sparkops.onnx.stages.registry import CONVERTERS, UNSUPPORTED
from sparkops.scoring.stages.registry import STAGES

PACKAGE = Path(sparkops.__file__).parent
CASES = Path(__file__).parent / "cases"
PATHS = {stage.class_name: stage.path for stage in SPARK_STAGES}
COMPILED = {stage.path: stage for stage in SPARK_STAGES if stage.class_name != DISCRETIZER}
# The stages of users, which have no class in Spark; tests/pyfunc/test_row_functions.py compares them.
OWN_STAGES = {"feature/python_function"}
SHARED_PATHS = {f"shared/{name}" for name in SHARED_OPERATIONS}


def files_below(folder: Path) -> set[str]:
    """Return the paths of the modules in the subfolders of a folder, without their suffix."""
    files = (file.relative_to(folder).with_suffix("") for file in folder.rglob("*.py"))
    return {file.as_posix() for file in files if file.name != "__init__" and len(file.parts) > 1}


def spark_ml_classes(module: str) -> set[str]:
    """Return the public transformers and estimators of a module of Spark ML; their models are left out."""
    from pyspark.ml.base import Estimator, Model, Transformer

    public = import_module(f"pyspark.ml.{module}")
    classes = (getattr(public, name) for name in public.__all__)
    return {
        item.__name__
        for item in classes
        if inspect.isclass(item)
        and issubclass(item, Estimator | Transformer)
        and not issubclass(item, Model)
        and not item.__name__.startswith("_")
    }


@pytest.mark.parametrize(
    "module", ["feature", "classification", "regression", "clustering", "recommendation", "fpm"]
)
def test_the_list_has_every_stage_of_spark_ml(module: str) -> None:
    listed = {stage.class_name for stage in SPARK_STAGES if stage.group.split("/")[0] == module}
    assert listed == spark_ml_classes(module)


def test_every_tuning_model_is_replaced_by_its_best_model() -> None:
    from pyspark.ml import tuning

    assert set(TUNED_MODELS) == {name for name in tuning.__all__ if name.endswith("Model")}


def test_every_stage_has_a_compiler_in_its_file() -> None:
    paths = {stage.saved_as: stage.path for stage in COMPILED.values()}
    paths |= {saved: PATHS[class_name] for saved, class_name in PRIVATE_STAGES.items()}
    compiler_paths = {}
    for saved, compiler in COMPILERS.items():
        function = compiler.func if isinstance(compiler, partial) else compiler
        compiler_paths[saved] = function.__module__.removeprefix("sparkops.compiler.stages.").replace(
            ".", "/"
        )
    assert compiler_paths == paths
    files = files_below(PACKAGE / "compiler" / "stages")
    assert {file for file in files if not file.startswith("shared/")} == set(COMPILED) | OWN_STAGES


def test_every_operation_is_in_the_file_of_its_stage_or_is_a_listed_shared_one() -> None:
    paths = {operation_path(op) for op in STAGES}
    assert paths == files_below(PACKAGE / "scoring" / "stages")
    assert {path for path in paths if path.startswith("shared/")} == SHARED_PATHS
    assert paths - SHARED_PATHS <= set(COMPILED) | OWN_STAGES
    shared = {PATHS[class_name] for classes in SHARED_OPERATIONS.values() for class_name in classes}
    # RFormula fits a pipeline of other stages
    assert paths >= OWN_STAGES
    assert set(COMPILED) - paths == shared | {PATHS["RFormula"]}


def test_the_shared_operations_are_compiled_by_the_listed_stages() -> None:
    folder = PACKAGE / "compiler" / "stages"
    for name, classes in SHARED_OPERATIONS.items():
        shared = "tree_ensemble" if name.startswith("tree_") else name
        importing = {
            path
            for path in COMPILED
            if f"sparkops.compiler.stages.shared.{shared}" in imports_of(folder / path)
        }
        assert importing == {PATHS[class_name] for class_name in classes}, name


def imports_of(file: Path) -> set[str]:
    """Return the modules that a file imports names from."""
    tree = ast.parse(file.with_suffix(".py").read_text("utf-8"))
    return {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


def test_every_operation_has_a_converter_in_the_file_of_the_same_name_or_a_reason() -> None:
    assert set(CONVERTERS) | set(UNSUPPORTED) == set(STAGES)
    assert not set(CONVERTERS) & set(UNSUPPORTED)
    converter_paths = {
        op: converter.__module__.removeprefix("sparkops.onnx.stages.").replace(".", "/")
        for op, converter in CONVERTERS.items()
    }
    assert converter_paths == {op: operation_path(op) for op in CONVERTERS}
    assert files_below(PACKAGE / "onnx" / "stages") == set(converter_paths.values())


def test_every_stage_has_parity_cases_in_its_file() -> None:
    files = {
        module.__name__.removeprefix("parity.cases.").replace(".", "/"): {
            case.stage for case in cases_of(module)
        }
        for module in MODULES
    }
    assert files == {stage.path: {stage.saved_as} for stage in SPARK_STAGES}
    assert files_below(CASES) == set(files)


def test_no_folder_of_stages_has_more_than_twenty_entries() -> None:
    for folder in (*(PACKAGE / name / "stages" for name in ("compiler", "scoring", "onnx")), CASES):
        for subfolder in (folder, *folder.rglob("*/")):
            if subfolder.name == "__pycache__":
                continue
            entries = [item for item in subfolder.iterdir() if not item.name.startswith("__")]
            assert len(entries) <= 20, subfolder


def test_the_code_on_the_page_for_contributors_is_the_code_of_the_files() -> None:
    root = PACKAGE.parent
    page = (root / "docs" / "contributing" / "add-a-stage.md").read_text("utf-8")
    blocks = re.findall(r'^```python title="(.+?)"\n(.*?)^```$', page, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 3
    for path, code in blocks:
        assert code in (root / path).read_text("utf-8"), path
