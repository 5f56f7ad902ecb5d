"""A pipeline that is saved stage by stage has the files that Spark's own writer makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sparkops.artifact.pipeline_files import save_pipeline

pytestmark = pytest.mark.spark


@pytest.fixture
def make_pipeline(spark: Any) -> Any:
    from pyspark.ml import PipelineModel
    from pyspark.ml.feature import Binarizer, VectorAssembler

    def make(stages: int) -> Any:
        binarizers = [Binarizer(threshold=i, inputCol="x", outputCol=f"x{i}") for i in range(stages - 1)]
        inner = VectorAssembler(inputCols=["x"], outputCol="features")
        return PipelineModel([*binarizers, PipelineModel([inner])])

    return make


def read_metadata(folder: Path) -> dict[str, Any]:
    content = json.loads(next((folder / "metadata").glob("part-*")).read_text("utf-8"))
    return {**content, "timestamp": type(content["timestamp"])}


def list_folders(root: Path) -> dict[str, dict[str, Any]]:
    """Return the metadata of each saved stage by its path."""
    return {
        path.parent.relative_to(root).as_posix(): read_metadata(path.parent)
        for path in root.rglob("metadata")
        if path.is_dir()
    }


@pytest.mark.parametrize("stages", [1, 3, 12])
def test_folders_and_metadata_are_those_of_spark(spark, make_pipeline, stages, tmp_path) -> None:
    from pyspark.ml import PipelineModel

    pipeline = make_pipeline(stages)
    pipeline.write().save((tmp_path / "spark").as_uri())
    save_pipeline(pipeline, tmp_path / "ours", spark)
    assert list_folders(tmp_path / "ours") == list_folders(tmp_path / "spark")
    rows = spark.createDataFrame([(0.5,), (2.0,)], "x double")
    loaded = PipelineModel.load((tmp_path / "ours").as_uri())
    assert loaded.uid == pipeline.uid
    assert loaded.transform(rows).collect() == pipeline.transform(rows).collect()


def test_a_stage_alone_is_wrapped_in_a_pipeline(spark, make_pipeline, tmp_path) -> None:
    from pyspark.ml import PipelineModel

    stage = make_pipeline(2).stages[0]
    save_pipeline(stage, tmp_path / "one", spark)
    (loaded,) = PipelineModel.load((tmp_path / "one").as_uri()).stages
    assert (loaded.uid, loaded.getThreshold()) == (stage.uid, 0.0)


def test_a_pipeline_with_a_stage_of_python_is_left_to_the_writer_of_python(spark, tmp_path) -> None:
    from pyspark import keyword_only
    from pyspark.ml import PipelineModel, Transformer
    from pyspark.ml.feature import Binarizer
    from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable

    class Same(Transformer, DefaultParamsReadable, DefaultParamsWritable):
        @keyword_only
        def __init__(self) -> None:
            super().__init__()

        def _transform(self, dataset: Any) -> Any:
            return dataset

    pipeline = PipelineModel([Binarizer(inputCol="x", outputCol="y"), Same()])
    save_pipeline(pipeline, tmp_path / "mixed", spark)
    assert read_metadata(tmp_path / "mixed")["class"] == "pyspark.ml.pipeline.PipelineModel"
