"""docs/onnx.md states for every stage what the code does with it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from parity.spark_stages import SAVED_STAGES, saved_stages_of

from sparkops.compiler import compile_stages, fields_from_spark
from sparkops.onnx.sql.arithmetic import ARITHMETIC
from sparkops.onnx.sql.conditional import CONDITIONALS
from sparkops.onnx.stages.registry import UNSUPPORTED
from sparkops.scoring.stages.registry import STAGES

MODELS = sorted((Path(__file__).parents[1] / "saved_models").glob("spark-*/*"))
EXCEPTIONS = {
    "RFormulaModel": "yes: as the stages that it holds",
    "SQLTransformer": "in part: see below",
}


def test_the_page_states_what_the_code_does_with_every_stage() -> None:
    page = (Path(__file__).parents[2] / "docs" / "onnx.md").read_text("utf-8")
    stated = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE))
    expected = {
        stage: f"no: {UNSUPPORTED[op]}" if op in UNSUPPORTED else "yes"
        for op in STAGES
        for stage in saved_stages_of(op)
    }
    assert set(stated) == set(SAVED_STAGES)
    assert stated == expected | EXCEPTIONS
    assert all(f"`{op}`" in page.rpartition("|\n")[2] for op in (*ARITHMETIC, *CONDITIONALS))


def test_saved_models_compile_to_the_listed_operations() -> None:
    for folder in MODELS:
        fields = fields_from_spark(json.loads((folder / "fields.json").read_text("utf-8")))
        for step in compile_stages(folder / "model", fields).require_description().steps:
            assert step.stage.split()[0] in saved_stages_of(step.op)
