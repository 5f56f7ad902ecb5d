"""Saved Spark pipelines with damaged metadata and data: refused, or compiled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random

from fuzzing.folders import GOLDEN, ROOT, build_folder, draw_damage, list_files
from fuzzing.mutations import hostile_text
from fuzzing.surface import ACCEPTED, Case, Finding, RunCase, Surface, check_message, describe_refusal
from sparkops.artifact.saved_spark_model import read_spark_model
from sparkops.compiler import compile_stages
from sparkops.errors import RowError, SparkopsError
from sparkops.scoring import Scorer

_TYPES = {
    "integer": "INT",
    "long": "BIGINT",
    "string": "STRING",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "float": "FLOAT",
}
_SCHEMAS = (
    "",
    "x",
    "x INT, x INT",
    "c STRING",
    "x ARRAY<DOUBLE>, c MAP<INT, INT>",
    "`a b` DECIMAL(99,1)",
    "x VECTOR",
)
_MLFLOW = [folder.relative_to(ROOT).as_posix() for folder in sorted(GOLDEN.glob("v*/models/spark"))]


@cache
def _list_saved() -> tuple[str, ...]:
    folders = sorted((ROOT / "tests" / "saved_models").glob("spark-*/*/model"))
    return tuple(folder.relative_to(ROOT).as_posix() for folder in folders)


def _read_schema(name: str) -> str:
    """Return the columns of a saved model as Spark's DDL."""
    fields = json.loads((ROOT / name).parent.joinpath("fields.json").read_text("utf-8"))["fields"]
    return ", ".join(f"{field['name']} {_TYPES.get(str(field['type']), 'DOUBLE')}" for field in fields)


def draw_case(draw: Random) -> Case:
    """Return a saved model with damage, and the columns that it is compiled for."""
    if draw.random() < 0.2:
        name = draw.choice(_MLFLOW)
        return {"folder": name, "damage": draw_damage(ROOT / name, draw), "schema": None}
    name = draw.choice(_list_saved())
    schema = _read_schema(name)
    if draw.random() < 0.1:
        schema = draw.choice(_SCHEMAS) + hostile_text(draw)
    files = [file for file in list_files(ROOT / name) if draw.random() < 0.8 or file.startswith("metadata")]
    return {"folder": name, "damage": draw_damage(ROOT / name, draw, files), "schema": schema}


@contextmanager
def prepare(folder: Path) -> Iterator[RunCase]:
    """Yield the function that compiles a damaged model."""
    del folder
    yield run_case


def run_case(case: Case, folder: Path) -> str:
    """Compile the model of a case, and score one row of nulls if it compiles."""
    target = build_folder(case, folder)
    try:
        model = read_spark_model(target, schema=case["schema"])
        compiled = compile_stages(model.folder, model.fields)
        if compiled.description is None:
            for text in filter(None, [compiled.problem, *(stage.reason for stage in compiled.stages)]):
                check_message(text)
            return "not compiled"
        scorer = Scorer(compiled.description)
    except SparkopsError as error:
        return describe_refusal(error)
    try:
        answer = scorer.score({field.name: None for field in scorer.fields})
    except RowError as error:
        describe_refusal(error)
    except SparkopsError as error:
        return describe_refusal(error)
    else:
        if not isinstance(answer, dict):
            raise Finding(f"the answer is {answer!r}")
    return ACCEPTED


SURFACE = Surface("compiles", draw_case, prepare)
