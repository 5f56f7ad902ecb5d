"""A trained pyfunc model that is saved and has its process running, ready to be evaluated, certified and registered."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact.frames import sample_rows
from sparkops.batch.frame_scoring import VERSION_COLUMN
from sparkops.config.settings import Settings
from sparkops.errors import ModelError, RowError
from sparkops.pipeline.model import Model
from sparkops.pyfunc.registration.input_fields import read_fields
from sparkops.pyfunc.registration.mlflow_flavors import (
    detect_flavor,
    read_flavors,
    read_requirements,
    save_model,
)
from sparkops.pyfunc.registration.pyfunc_model_version import PyfuncFrameScorer
from sparkops.pyfunc.worker.environment import PYTHON_VERSION, find_interpreter
from sparkops.pyfunc.worker.flavor_names import format_flavor
from sparkops.pyfunc.worker.manifest import Manifest, write_manifest
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.pyfunc.worker.worker_main import build_frame, predict
from sparkops.pyfunc.worker.worker_process import Answers, Columns, WorkerProcess, build_pyfunc_program
from sparkops.pyfunc.worker.worker_settings import WorkerSettings
from sparkops.scoring.ir.description import Output

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Rows of the example that are scored to find the outputs.
_OUTPUT_ROWS = 20


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A saved pyfunc model; it takes the place of the fitted model in `Model.fitted`.

    Args:
        folder: Its folder, with a manifest of all its files.
        manifest: Its manifest.
        scorer: Scores rows in the model's own process.
        python: The interpreter of that process.
        predict: The fitted model itself, as a function of rows by column.
        settings: Settings of the project.
    """

    folder: Path
    manifest: Manifest
    scorer: PyfuncScorer
    python: Path
    predict: Callable[[Columns], Answers]
    settings: Settings

    def transform(self, frame: DataFrame) -> DataFrame:
        """Return the frame with the model's outputs, scored as the registered version will be."""
        scorer = PyfuncFrameScorer(self.folder, self.manifest, self.python, self.settings)
        return scorer.transform(frame, 0, arrays=False).drop(VERSION_COLUMN)


@contextmanager
def prepared_model(model: Model, settings: Settings) -> Iterator[Model]:
    """Yield a model whose `fitted` is saved and transforms frames; a Spark model is yielded unchanged.

    Args:
        model: What a job returned.
        settings: How the model's process runs, and where Spark does.

    Raises:
        ModelError: The model cannot be saved or loaded, or returns no outputs.
    """
    if detect_flavor(model.fitted) is None:
        yield model
        return
    if model.example.isEmpty():
        raise ModelError(
            "Model.example has no rows; give the rows the model was trained on, or a part of them."
        )
    with tempfile.TemporaryDirectory(prefix="sparkops-model-") as work:
        prepared = _prepare(model, Path(work) / "model", settings)
        try:
            yield replace(model, fitted=prepared)
        finally:
            prepared.scorer.close()


def _prepare(model: Model, folder: Path, settings: Settings) -> PreparedModel:
    worker_settings, fields = WorkerSettings.from_settings(settings), read_fields(model)
    saved = save_model(model.fitted, folder, len(fields))
    manifest = Manifest(
        flavor=saved.flavor,
        fields=fields,
        classes=_read_classes(model.fitted),
        python=_read_python_version(folder),
        requirements=read_requirements(folder),
        saved_as=saved.format,
    )
    # Written twice: the process that finds the outputs starts only in a folder that its manifest describes.
    manifest = write_manifest(manifest, folder)
    python = find_interpreter(manifest, worker_settings)
    program = build_pyfunc_program(manifest, worker_settings.limits)
    worker = WorkerProcess(folder, manifest, python, timeout=worker_settings.timeout, program=program)
    manifest = write_manifest(_add_outputs(manifest, worker, model), folder)
    reference = _build_predict_function(model.fitted, manifest) or worker.answer
    return PreparedModel(folder, manifest, PyfuncScorer(manifest, worker), python, reference, settings)


def _add_outputs(manifest: Manifest, worker: WorkerProcess, model: Model) -> Manifest:
    """Return the manifest with the outputs that the model has for a few rows."""
    rows = sample_rows(model.example, [field.name for field in manifest.fields], _OUTPUT_ROWS)
    try:
        answers = worker.answer(PyfuncScorer(manifest, worker).to_json_columns(rows))
    except RowError as error:
        worker.close()
        raise ModelError(
            f"The model of {format_flavor(manifest.flavor)} does not answer the rows of Model.example: {error} "
            "Give the columns that it was fitted on, in their order."
        ) from error
    return replace(
        manifest,
        outputs=tuple(_build_output(name, type_, size) for name, (type_, size, _) in answers.items()),
        is_single_precision=any(type_ in ("float", "single") for type_, _, _ in answers.values()),
    )


def _build_output(name: str, type_: str, size: int | None) -> Output:
    role = name if name in ("prediction", "probability") else "column"
    return Output(name, "vector" if type_ == "single" else type_, name, role, size)


def _read_classes(fitted: Any) -> tuple[str, ...] | None:
    classes = getattr(fitted, "classes_", None) if detect_flavor(fitted) == "sklearn" else None
    return None if classes is None or isinstance(classes, list) else tuple(map(str, classes))


def _read_python_version(folder: Path) -> str:
    text = str(read_flavors(folder)["python_function"].get("python_version") or PYTHON_VERSION)
    return ".".join(text.split(".")[:2])


def _build_predict_function(fitted: Any, manifest: Manifest) -> Callable[[Columns], Answers] | None:
    """Return a function that scores rows with the fitted model in this process; None if it can only be loaded."""
    predictor = _build_predictor(fitted)
    if predictor is None:
        return None
    fields: list[Mapping[str, Any]] = [
        {"name": field.name, "type": field.type, "nullable": field.nullable} for field in manifest.fields
    ]

    def predict_columns(columns: Columns) -> Answers:
        return predict(manifest.flavor, predictor, build_frame(fields, columns))

    return predict_columns


def _build_predictor(fitted: Any) -> Any:
    """Return the object that `worker_main.predict` takes for a fitted model; None for other flavors."""
    flavor = detect_flavor(fitted)
    if flavor in ("sklearn", "pytorch"):
        return fitted
    if flavor == "onnx":
        import onnxruntime

        return onnxruntime.InferenceSession(fitted.SerializeToString(), providers=["CPUExecutionProvider"])
    return _KerasPredictor(fitted) if flavor in ("keras", "tensorflow") else None


@dataclass(frozen=True, slots=True)
class _KerasPredictor:
    fitted: Any

    def predict(self, frame: Any) -> Any:
        return self.fitted.predict(frame.to_numpy(), verbose=0)
