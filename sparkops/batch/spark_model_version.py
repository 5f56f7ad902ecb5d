"""A registered Spark model in a Spark job: checked against the frame, and scored by the faster method."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact.code_bundle import read_scoring_package
from sparkops.artifact.facts import read_benchmark, read_outputs, read_unread_types
from sparkops.artifact.mlflow_folder import SPARK_MODEL
from sparkops.artifact.model_columns import find_output_columns
from sparkops.batch.analyzed_model import AnalyzedModel
from sparkops.batch.benchmark import measure_seconds_per_row, read_answered_rows
from sparkops.batch.executor_scorer import (
    ScoreBatches,
    ScorerOptions,
    build_arrow_scorer,
    has_remote_executors,
    probe_executors,
)
from sparkops.batch.frame_scoring import VERSION_COLUMN, score_with_map_in_arrow, score_with_transform
from sparkops.batch.planner import Planner, ScoringMethod, find_unsupported_column
from sparkops.batch.registered_version import RegisteredVersion
from sparkops.batch.rule_counts import ReportCounts, RuleViolationCounter, can_count
from sparkops.config.settings import Settings
from sparkops.errors import ConfigError, ModelError, as_clause
from sparkops.scoring.artifact.file_names import CERTIFICATE, SCORER

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from sparkops.scoring.ir.portable_rules import PortableRule
    from sparkops.scoring.scorer import Scorer

_log = logging.getLogger("sparkops.registry")


class SparkModelVersion(RegisteredVersion):
    """One version of a registered Spark model; implements `ModelVersion`.

    Args:
        name: Registered name.
        version: Version number.
        folder: The model's folder on this machine.
        settings: Where Spark runs, and the warehouse that its executors share.
        code: Code of the model's row functions, if the registry vouches for it.
    """

    def __init__(
        self, name: str, version: int, folder: Path, settings: Settings, code: Path | None = None
    ) -> None:
        super().__init__(name, version, folder, settings)
        self._code = code
        self._probe_result: str | None = None
        self._counter: RuleViolationCounter | None = None

    @cached_property
    def fitted(self) -> Any:
        """Return the saved Spark model, loaded once."""
        saved = self._folder / SPARK_MODEL
        if not saved.is_dir():
            raise ModelError(f"{self.uri} holds no Spark model in {saved}: Spark can't score it.")
        if "://" in self._settings.warehouse:
            # MLflow copies the files to storage that the executors share.
            import mlflow.spark

            tmp = f"{self._settings.warehouse}/_staging/models"
            return mlflow.spark.load_model(str(self._folder), dfs_tmpdir=tmp)
        from pyspark.ml import PipelineModel

        return PipelineModel.load(saved.as_uri())

    @cached_property
    def scorer(self) -> Scorer | None:
        """Return the compiled scorer, loaded once; None if only Spark scores the model."""
        folder = self._folder / SCORER
        if not folder.is_dir():
            return None
        from sparkops.scoring import load

        return load(folder, code=self._code)

    def check(self, frame: DataFrame) -> None:
        """Raise `SignatureMismatch` if the frame lacks an input column or already has an output column."""
        self._check_frame(frame, self._outputs)

    def transform(self, frame: DataFrame, *, arrays: bool = False) -> DataFrame:
        """Return the frame with the model's outputs and `model_version`; `scoring_method` says how it is scored.

        Intermediate columns are not added. Rows that the model drops (`handleInvalid="skip"`) are not in the result. A
        streaming frame is scored by the same call. The model's row rules are evaluated before a row is scored, as
        `models.rules` says: a refused row fails the job, other violations are counted in `rule_summary`.

        Args:
            frame: Rows with the columns that the model reads.
            arrays: Return vectors as arrays of doubles, which every reader of a table understands.

        Raises:
            SignatureMismatch: The frame does not fit the model.
            ConfigError: Rows that violate a rule are to be refused, but the method that scores them evaluates no rules.
        """
        self.check(frame)
        method = self._scoring_method = self._choose_method(frame)
        ignored_rules = self._rules if method.kind == "transform" else ()
        if self._settings.models.rules == "refuse" and any(rule.refuses for rule in ignored_rules):
            raise ConfigError(self._format_ignored_rules(method))
        is_warning = bool(ignored_rules) and self._settings.models.rules != "count"
        _log.log(logging.WARNING if is_warning else logging.INFO, "%s scores by %s", self.uri, method)
        if self.scorer is not None and method.kind == "mapInArrow":
            score = self._build_arrow_scorer(frame, self.scorer)
            return score_with_map_in_arrow(frame, score, self.scorer.outputs, arrays=arrays)
        fitted = AnalyzedModel(self.fitted, read_unread_types(self._folder) if self.scorer else {})
        return score_with_transform(frame, fitted, self._outputs, self.scorer, self._version, arrays=arrays)

    @property
    def rule_summary(self) -> dict[str, Any]:
        """Return how many scored rows violate the model's row rules, as JSON values; empty if no row was evaluated.

        Complete once Spark has computed the frames. `RuleViolationCounter` says what is counted for a frame that is
        computed more than once.
        """
        return self._counter.summarize() if self._counter else {}

    @property
    def _rules(self) -> tuple[PortableRule, ...]:
        """Return the row rules to evaluate; none if they are switched off."""
        checks = self.scorer.description.checks if self.scorer else None
        return checks.rules if checks and self._settings.models.rules != "off" else ()

    def _choose_method(self, frame: DataFrame) -> ScoringMethod:
        spark = frame.sparkSession
        planner = Planner(
            scorer=self.scorer,
            settings=self._settings,
            benchmark=read_benchmark(self._folder),
            seconds_per_row=lambda: self._seconds_per_row,
            executor_problem=lambda: self._probe(spark),
            rules=len(self._rules),
            function_problem=self._find_function_problem(spark),
        )
        method = planner.choose(frame)
        if method.kind == "transform" and self._may_use_scorer(frame) and self._leaves_out_columns(frame):
            problem = self._probe(spark)
            reason = problem or "Spark's transform of this model drops or overwrites columns"
            method = ScoringMethod("transform" if problem else "mapInArrow", reason)
        if method.kind == "mapInArrow" and self._rules and not can_count(spark):
            return ScoringMethod(
                method.kind, f"{method.reason}; violations are not counted with Spark Connect"
            )
        return method

    def _may_use_scorer(self, frame: DataFrame) -> bool:
        """Return whether the compiled scorer may score a frame, however slow it is."""
        is_free = self.scorer is not None and self._settings.models.batch == "auto"
        problem = self._find_function_problem(frame.sparkSession) or find_unsupported_column(frame)
        return is_free and not problem

    def _find_function_problem(self, spark: SparkSession) -> str:
        """Return why executors cannot call the row functions of the model's own stages.

        A clause for a message; empty if they can.
        """
        if self.scorer is None or not self.scorer.description.calls_functions:
            return ""
        if has_remote_executors(spark, self._settings):
            return "row functions of its stages are not sent to remote executors"
        # The workers of this machine do not have the paths that this process imports from.
        return "" if self._code is not None else "only this process has the code of its row functions"

    def _leaves_out_columns(self, frame: DataFrame) -> bool:
        """Return whether Spark's transform drops or overwrites columns of a frame.

        An SQLTransformer without `*` may.
        """
        assert self.scorer is not None
        computed = {name for step in self.scorer.description.steps for name in step.outputs}
        return bool(computed & set(frame.columns)) or not set(frame.columns) <= set(
            self.fitted.transform(frame).columns
        )

    def _format_ignored_rules(self, method: ScoringMethod) -> str:
        return (
            f"{self.uri} has rules that refuse rows (models.rules), but Spark's own transform, which would score these "
            f"rows, evaluates no rules: {as_clause(method.reason)}. Set models.batch to auto or mapInArrow, leave out "
            "columns that Arrow does not carry, or set models.rules to warn, count or off."
        )

    def _build_arrow_scorer(self, frame: DataFrame, scorer: Scorer) -> ScoreBatches:
        mode = self._settings.models.rules
        options = ScorerOptions(
            version=(VERSION_COLUMN, self._version),
            # Workers only count: the run warns, once for all frames.
            rules="count" if mode == "warn" else mode,
            report=self._count_violations(frame),
            code=self._code,
        )
        return build_arrow_scorer(frame.sparkSession, scorer, self._folder / SCORER, self._settings, options)

    def _count_violations(self, frame: DataFrame) -> ReportCounts | None:
        """Return the workers' callback for violations in a frame; None without rules."""
        if not self._rules:
            return None
        if self._counter is None:
            self._counter = RuleViolationCounter(self._rules, self._settings.models.rules)
        return self._counter.for_frame(frame)

    def _probe(self, spark: SparkSession) -> str:
        """Return why remote executors can't run the scorer; they are probed once."""
        if self._probe_result is None:
            is_remote = has_remote_executors(spark, self._settings)
            self._probe_result = probe_executors(spark, *read_scoring_package()) if is_remote else ""
        return self._probe_result

    @cached_property
    def _seconds_per_row(self) -> float:
        assert self.scorer is not None
        return measure_seconds_per_row(self.scorer, read_answered_rows(self._folder / SCORER / CERTIFICATE))

    @cached_property
    def _outputs(self) -> tuple[str, ...]:
        if self.scorer is None:
            return read_outputs(self._folder) or find_output_columns(self.fitted)
        return tuple(output.name for output in self.scorer.outputs)
