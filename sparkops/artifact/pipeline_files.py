"""The files of a saved pipeline, as Spark ML writes and reads them: stages in folders, and metadata in JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.driver.threads import inherit_job_tags

if TYPE_CHECKING:
    from pyspark.ml.base import Transformer
    from pyspark.sql import SparkSession

_PIPELINE_CLASS = "org.apache.spark.ml.PipelineModel"
# Stages that are saved at the same time.
_THREADS = 4


def save_pipeline(fitted: Any, folder: Path, spark: SparkSession) -> None:
    """Save a fitted model where executors run on this machine; a single stage is wrapped in a pipeline.

    Several stages are saved at a time: nearly all of the time of a stage is the driver's.

    Args:
        fitted: The fitted model.
        folder: A new folder.
        spark: The session.
    """
    from pyspark.ml import PipelineModel
    from pyspark.ml.util import JavaMLWriter

    pipeline = fitted if isinstance(fitted, PipelineModel) else PipelineModel([fitted])
    if not isinstance(pipeline.write(), JavaMLWriter):
        # Its metadata say which Python class loads each stage.
        pipeline.write().save(folder.as_uri())
        return

    def save_stage(stage: Transformer, path: Path) -> None:
        writable: Any = stage
        writable.write().save(path.as_uri())

    uids = [stage.uid for stage in pipeline.stages]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="sparkops-save") as executor:
        save = inherit_job_tags(spark, save_stage)
        list(executor.map(save, pipeline.stages, find_stage_folders(folder, uids)))
    write_pipeline_metadata(folder, pipeline.uid, uids, spark.version, int(time.time() * 1000))


def find_stage_folders(folder: Path, uids: Sequence[str]) -> list[Path]:
    """Return the folder of each stage of a pipeline."""
    digits = len(str(len(uids)))
    return [folder / "stages" / f"{number:0{digits}}_{uid}" for number, uid in enumerate(uids)]


def write_pipeline_metadata(
    folder: Path, uid: str, uids: Sequence[str], version: str, timestamp: int
) -> None:
    """Write the metadata of a pipeline.

    Args:
        folder: Its folder.
        uid: Its own id.
        uids: The ids of its stages, in order.
        version: Version of Spark that saved the stages.
        timestamp: Milliseconds since 1970 (UTC).
    """
    metadata = {
        "class": _PIPELINE_CLASS,
        "timestamp": timestamp,
        "sparkVersion": version,
        "uid": uid,
        "paramMap": {"stageUids": list(uids)},
        "defaultParamMap": {},
    }
    (folder / "metadata").mkdir(parents=True)
    (folder / "metadata" / "part-00000").write_text(json.dumps(metadata) + "\n", "utf-8")
    (folder / "metadata" / "_SUCCESS").touch()
