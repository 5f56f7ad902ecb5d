"""Saved Spark models with damaged files: each is refused with the file and the reason, and nothing is waited for."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from sparkops.artifact.saved_spark_model import read_spark_model
from sparkops.compiler import Compilation, compile_stages, fields_from_spark
from sparkops.errors import ModelError

MODEL = Path(__file__).parents[1] / "saved_models" / "spark-4.1" / "clusters"
FIELDS = fields_from_spark(json.loads((MODEL / "fields.json").read_text("utf-8")))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODEL / "model", tmp_path / "model"))


def metadata_of(model: Path, stage: str = "") -> Path:
    (file,) = model.glob(f"{stage}/metadata/part-*" if stage else "metadata/part-*")
    return file


def edit(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(file.read_text("utf-8"))
    change(content)
    file.write_text(json.dumps(content), "utf-8")


def compiled(model: Path) -> Compilation:
    return compile_stages(model, FIELDS)


def replace(file: Path, kind: str) -> None:
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind == "device":
        file.symlink_to("/dev/zero")
    elif kind == "dangling link":
        file.symlink_to("nowhere")
    elif kind == "bytes":
        file.write_bytes(b"\xff" * 1000)
    else:
        file.write_text("[" * 100_000, "utf-8")


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "dangling link", "bytes", "depth"])
def test_metadata_that_is_no_metadata_is_refused(model: Path, kind: str) -> None:
    file = metadata_of(model)
    replace(file, kind)
    with pytest.raises(
        ModelError, match=r"metadata/part-.*(cannot be read|is not Spark ML's metadata)"
    ) as raised:
        compiled(model)
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "dangling link", "bytes", "depth"])
def test_data_that_is_no_parquet_is_the_reason_of_its_stage(model: Path, kind: str) -> None:
    (file,) = model.glob("stages/1_*/data/*.parquet")
    replace(file, kind)
    (reason,) = (stage.reason for stage in compiled(model).stages if stage.reason)
    assert "`data` in " in reason
    assert "cannot be read" in reason
    assert len(reason) < 800


@pytest.mark.parametrize("value", [None, 3, {"a": 1}, [["x"]], "x"])
@pytest.mark.parametrize("name", ["outputCol", "inputCols", "outputCols", "handleInvalid"])
def test_a_parameter_of_another_form_is_the_reason_of_its_stage(
    model: Path, name: str, value: object
) -> None:
    edit(metadata_of(model, "stages/0_*"), lambda content: content["paramMap"].update({name: value}))
    result = compiled(model)
    assert result.description is not None or result.problem or any(stage.reason for stage in result.stages)


@pytest.mark.parametrize(
    "folder", sorted(MODEL.parents[1].glob("spark-*/*")), ids=lambda folder: "/".join(folder.parts[-2:])
)
def test_data_without_one_of_its_columns_is_a_reason(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder / "model", tmp_path / "model"))
    fields = fields_from_spark(json.loads((folder / "fields.json").read_text("utf-8")))
    for file in sorted(copy.rglob("*.parquet")):
        content = parquet.read_table(file)
        for position, name in enumerate(content.column_names):
            # A column that is not read, such as the depth of a tree, makes no difference.
            parquet.write_table(content.remove_column(position), file)
            result = compile_stages(copy, fields)
            assert result.description or result.problem or any(stage.reason for stage in result.stages), name
        parquet.write_table(content, file)
    assert compile_stages(copy, fields).description


def test_trees_without_their_weights_name_the_column(tmp_path: Path) -> None:
    folder = MODEL.parents[1] / "spark-4.0" / "boosted_numbers"
    copy = Path(shutil.copytree(folder / "model", tmp_path / "model"))
    (file,) = copy.glob("stages/*/treesMetadata/*.parquet")
    content = parquet.read_table(file)
    parquet.write_table(content.rename_columns(["tree", *content.column_names[1:]]), file)
    result = compile_stages(copy, fields_from_spark(json.loads((folder / "fields.json").read_text("utf-8"))))
    assert ["treeID" in stage.reason for stage in result.stages if stage.reason] == [True]


@pytest.mark.parametrize("uids", [None, 3, [3], [["x"]], "x"])
def test_a_pipeline_that_does_not_name_its_stages_is_refused(model: Path, uids: object) -> None:
    edit(metadata_of(model), lambda content: content["paramMap"].update(stageUids=uids))
    with pytest.raises(ModelError, match="does not name its stages"):
        compiled(model)


def test_a_pipeline_within_itself_is_refused(model: Path) -> None:
    (stage,) = model.glob("stages/1_*")
    shutil.rmtree(stage)
    stage.symlink_to(model)
    with pytest.raises(ModelError, match="more than 20 levels"):
        compiled(model)


@pytest.mark.parametrize(
    "example",
    [b"\xff", b"[" * 100_000, b'{"columns": ["x"], "data": [[1, 2]]}', b'{"columns": 3, "data": [3]}'],
)
def test_an_input_example_of_another_form_is_ignored(tmp_path: Path, example: bytes) -> None:
    golden = MODEL.parents[2] / "golden" / "v1" / "models" / "spark"
    folder = Path(shutil.copytree(golden, tmp_path / "model"))
    (folder / "input_example.json").write_bytes(example)
    assert read_spark_model(folder).example == ()


def test_very_many_stages_are_refused(model: Path) -> None:
    uids = [f"Binarizer_{number}" for number in range(100_000)]
    edit(metadata_of(model), lambda content: content["paramMap"].update(stageUids=uids))
    with pytest.raises(ModelError, match="it has 100,000 stages"):
        compiled(model)


def test_pipelines_whose_links_make_very_many_stages_are_refused(model: Path, tmp_path: Path) -> None:
    inner = model
    for level in range(16):
        outer = tmp_path / f"level{level}"
        shutil.copytree(model / "metadata", outer / "metadata")
        edit(metadata_of(outer), lambda content: content["paramMap"].update(stageUids=["a", "b"]))
        (outer / "stages").mkdir()
        for name in ("0_a", "1_b"):
            (outer / "stages" / name).symlink_to(inner)
        inner = outer
    with pytest.raises(ModelError, match="more than 5,000 stages"):
        compiled(inner)
