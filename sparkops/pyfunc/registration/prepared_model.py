"""A trained model of another flavor, saved and with its process at hand: what is measured, certified and registered."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from sparkops.pyfunc.registration.pyfunc_model_version import score_frame
from sparkops.pyfunc.worker.environment import PYTHON_VERSION, WorkerSettings, find_interpreter
from sparkops.pyfunc.worker.flavor_names import flavor_label
from sparkops.pyfunc.worker.manifest import Manifest, seal_folder
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.pyfunc.worker.worker_main import build_frame, predict
from sparkops.pyfunc.worker.worker_process import Answers, Columns, WorkerProcess
from sparkops.scoring.ir.description import Output

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_FIRST = 20  # rows that show what the model answers


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A saved model; `transform` scores a frame as the registered version will.

    Args:
        folder: Its folder, sealed.
        manifest: What rows and answers hold.
        scorer: Its own process.
        python: The interpreter of that process.
        truth: The fitted model itself, asked for rows by column.
        settings: Where Spark runs.
    """

    folder: Path
    manifest: Manifest
    scorer: PyfuncScorer
    python: Path
    truth: Callable[[Columns], Answers]
    settings: Settings

    def transform(self, frame: DataFrame) -> DataFrame:
        """Return the frame with the model's answers."""
        return score_frame(
            frame, self.folder, self.manifest, self.python, self.settings, 0, arrays=False
        ).drop(VERSION_COLUMN)


@contextmanager
def prepared_model(model: Model, settings: Settings) -> Iterator[Model]:
    """Yield a model whose `fitted` is saved and can score frames; a Spark model is yielded as it is.

    Args:
        model: What a job returned.
        settings: How its process runs, and where Spark does.

    Raises:
        ModelError: It cannot be saved or loaded, or answers nothing.
    """
    if detect_flavor(model.fitted) is None:
        yield model
        return
    if model.example.isEmpty():
        raise ModelError(
            "Model.example has no rows; give the rows the model was trained on, or a part of them."
        )
    with tempfile.TemporaryDirectory(prefix="sparkops-model-") as work:
        saved = _saved(model, Path(work) / "model", settings)
        try:
            yield replace(model, fitted=saved)
        finally:
            saved.scorer.close()


def _saved(model: Model, folder: Path, settings: Settings) -> PreparedModel:
    running, fields = WorkerSettings.of(settings), read_fields(model)
    how = save_model(model.fitted, folder, len(fields))
    manifest = Manifest(
        flavor=how.flavor,
        fields=fields,
        classes=_classes(model.fitted),
        python=_python(folder),
        requirements=read_requirements(folder),
        saved_as=how.format,
    )
    manifest = seal_folder(manifest, folder)
    python = find_interpreter(manifest, running)
    worker = WorkerProcess(folder, manifest, python, timeout=running.timeout)
    manifest = seal_folder(_answering(manifest, worker, model), folder)
    scorer = PyfuncScorer(manifest, worker)
    return PreparedModel(folder, manifest, scorer, python, _truth(model.fitted, manifest, worker), settings)


def _answering(manifest: Manifest, worker: WorkerProcess, model: Model) -> Manifest:
    """Return the manifest with what the model answers to a few rows."""
    rows = sample_rows(model.example, [field.name for field in manifest.fields], _FIRST)
    try:
        got = worker.ask(PyfuncScorer(manifest, worker).columns(rows))
    except RowError as error:
        worker.close()
        raise ModelError(
            f"The model of {flavor_label(manifest.flavor)} does not answer the rows of Model.example: {error} "
            "Give the columns that it was fitted on, in their order."
        ) from error
    return replace(
        manifest,
        outputs=tuple(_output(name, kind, size) for name, (kind, size, _) in got.items()),
        single=any(kind in ("float", "single") for kind, _, _ in got.values()),
    )


def _output(name: str, kind: str, size: int | None) -> Output:
    role = name if name in ("prediction", "probability") else "column"
    return Output(name, "vector" if kind == "single" else kind, name, role, size)


def _classes(fitted: Any) -> tuple[str, ...] | None:
    found = getattr(fitted, "classes_", None) if detect_flavor(fitted) == "sklearn" else None
    return None if found is None or isinstance(found, list) else tuple(map(str, found))


def _python(folder: Path) -> str:
    said = str(read_flavors(folder)["python_function"].get("python_version") or PYTHON_VERSION)
    return ".".join(said.split(".")[:2])


def _truth(fitted: Any, manifest: Manifest, worker: WorkerProcess) -> Callable[[Columns], Answers]:
    """Return what asks the fitted model in this process, all rows at once; where it is only saved, its own process."""
    own = _own(fitted)
    if own is None:
        return worker.ask
    fields: list[Mapping[str, Any]] = [
        {"name": field.name, "type": field.type, "nullable": field.nullable} for field in manifest.fields
    ]

    def ask(columns: Mapping[str, Sequence[Any]]) -> Answers:
        return predict(manifest.flavor, own, build_frame(fields, columns))

    return ask


def _own(fitted: Any) -> Any:
    flavor = detect_flavor(fitted)
    if flavor in ("sklearn", "pytorch"):
        return fitted
    if flavor == "onnx":
        import onnxruntime

        return onnxruntime.InferenceSession(fitted.SerializeToString(), providers=["CPUExecutionProvider"])
    return _Keras(fitted) if flavor in ("keras", "tensorflow") else None


@dataclass(frozen=True, slots=True)
class _Keras:
    fitted: Any

    def predict(self, frame: Any) -> Any:
        return self.fitted.predict(frame.to_numpy(), verbose=0)
