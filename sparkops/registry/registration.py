"""Register a trained model: evaluate it, build and certify its folder, and upload it to MLflow."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sparkops.artifact.facts import ModelFacts
from sparkops.batch.executor_scorer import start_workers
from sparkops.config.settings import Settings
from sparkops.driver.threads import inherit_job_tags
from sparkops.pipeline.model import Gate, Model
from sparkops.pyfunc.registration.mlflow_flavors import detect_flavor
from sparkops.registry.evaluation import evaluate, evaluate_gates, needs_champion, persist_during
from sparkops.registry.mlflow_store import connect
from sparkops.registry.spark_model_folder import check_trained, complete_spark_model_folder, save_and_certify
from sparkops.registry.training_run import TrainingRun
from sparkops.registry.upload import upload_version

ScoreChampion = Callable[[Model], Mapping[str, float] | None]
"""A function that returns the champion's metrics on the held-out rows of a new model (see `evaluate_gates`)."""


@dataclass(frozen=True, slots=True)
class Registration:
    """Creates versions of one registered model.

    Args:
        name: Registered name.
        settings: Settings of the project.
        score_champion: Called only if a gate compares with the champion.
    """

    name: str
    settings: Settings
    score_champion: ScoreChampion

    def create_version(self, model: Model, training: TrainingRun, gates: Sequence[Gate]) -> int:
        """Evaluate, build and upload a trained model; return the number of the new version."""
        from sparkops.pyfunc.registration.prepared_model import prepared_model

        if detect_flavor(model.fitted) is None:
            check_trained(model)
        with (
            persist_during(model.heldout),
            prepared_model(model, self.settings) as prepared,
            tempfile.TemporaryDirectory(prefix="sparkops-model-") as work,
        ):
            folder = Path(work) / "model"
            facts = self._build_folder(prepared, training, gates, folder)
            return upload_version(connect(self.settings), self.settings, facts, folder, training.tags)

    def _build_folder(
        self, model: Model, training: TrainingRun, gates: Sequence[Gate], folder: Path
    ) -> ModelFacts:
        from sparkops.pyfunc.registration.prepared_model import PreparedModel
        from sparkops.pyfunc.registration.pyfunc_model_folder import build_pyfunc_model_folder

        if isinstance(model.fitted, PreparedModel):
            facts = self._evaluate(model, training, gates)
            return build_pyfunc_model_folder(model, model.fitted, facts, folder)
        return self._build_spark_model_folder(model, training, gates, folder)

    def _build_spark_model_folder(
        self, model: Model, training: TrainingRun, gates: Sequence[Gate], folder: Path
    ) -> ModelFacts:
        """Save, compile and certify a model while it is evaluated.

        Saving, compiling and certifying keep the driver busy, evaluation the executors. Meanwhile the Python workers
        start, which score later.
        """
        spark, settings = model.example.sparkSession, self.settings
        save, start = inherit_job_tags(spark, save_and_certify), inherit_job_tags(spark, start_workers)
        with ThreadPoolExecutor(2, thread_name_prefix="sparkops-register") as executor:
            certified = executor.submit(save, model, folder, settings)
            executor.submit(start, spark, settings)
            facts = self._evaluate(model, training, gates)
            result = certified.result()
        return complete_spark_model_folder(model, result, facts, folder, settings, training.rules)

    def _evaluate(self, model: Model, training: TrainingRun, gates: Sequence[Gate]) -> ModelFacts:
        metrics = evaluate(model)
        champion = self.score_champion(model) if needs_champion(gates) else None
        return ModelFacts(
            name=self.name,
            run_id=training.run_id,
            compiled=False,
            tables=dict(training.tables),
            params={key: str(value) for key, value in training.params.items()},
            metrics=metrics,
            gates=evaluate_gates(gates, metrics, champion),
        )
