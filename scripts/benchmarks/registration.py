"""Measure the registration of the flights models beyond their fit and evaluation; print a Markdown table.

    scripts/bench registration

Needs the table `flight_features`, which scripts/demo creates. The registry is a new one in a temporary folder. The first model pays
for what a process does once: workers start, Java compiles. Times are of the wall clock.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops import Engine
from sparkops.config.settings import Settings
from sparkops.pipeline.model import Model
from sparkops.registry.mlflow_store import connect
from sparkops.registry.registry import Registry
from sparkops.registry.training_run import TrainingRun

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SMALL_ROWS = 342


def main() -> None:
    with Engine() as engine, tempfile.TemporaryDirectory() as work:
        tables, train = engine.container.tables, engine.jobs["train_late_arrival"]
        features = tables.read(tables.pin("flight_features"))
        settings = engine.settings.model_copy(update={"state": Path(work), "root": Path(work)})
        # MLflow creates its database once for a project
        connect(settings)
        print("| model | fit | evaluation | registration beyond them |\n| --- | --- | --- | --- |")
        small = features.where("late is not null").orderBy("flight_id").limit(_SMALL_ROWS).cache()
        cases: list[tuple[str, DataFrame, Mapping[str, Any]]] = [
            ("logistic, all flights", features, {"kind": "lr", "max_iter": 20}),
            ("GBT of 20 trees, all flights", features, {"kind": "gbt", "max_iter": 20, "depth": 5}),
            (f"logistic, {_SMALL_ROWS} rows", small, {"kind": "lr", "max_iter": 20}),
        ]
        for number, (name, frame, options) in enumerate(cases):
            started = time.perf_counter()
            model = train(frame, **options)
            fit = time.perf_counter() - started
            if frame is small:
                model = replace(model, example=frame.select(*model.example.columns), heldout=frame)
            evaluation, total = register(settings, model, f"m{number}")
            print(f"| {name} | {fit:.1f} s | {evaluation:.1f} s | {total - evaluation:.1f} s |", flush=True)


def register(settings: Settings, model: Model, name: str) -> tuple[float, float]:
    """Register a model; return the seconds of its evaluation, and of the whole registration."""
    evaluation = 0.0

    def evaluate(scored: DataFrame) -> Mapping[str, float]:
        nonlocal evaluation
        assert model.evaluate is not None
        started = time.perf_counter()
        metrics = model.evaluate(scored)
        evaluation = time.perf_counter() - started
        return metrics

    registry = Registry(settings, model.example.sparkSession)
    started = time.perf_counter()
    info = registry.register(replace(model, evaluate=evaluate), name=name, training=TrainingRun(name))
    total = time.perf_counter() - started
    assert info.parity > 0, info.reasons
    return evaluation, total


if __name__ == "__main__":
    main()
