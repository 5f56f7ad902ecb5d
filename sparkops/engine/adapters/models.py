"""The model registry as runs use it: registration with the row rules of the training tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkops.checks.checks import Checks
from sparkops.config.settings import Settings
from sparkops.errors import ConfigError
from sparkops.pipeline.model import Gate, Model, ModelVersion
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.registry.registry import Registry
from sparkops.registry.training_run import TrainingRun
from sparkops.runs.records.run import Run
from sparkops.scoring.ir.portable_rules import OmittedRule, PortableRules, merge_rules
from sparkops.tables import Tables


@dataclass(frozen=True, slots=True)
class TrainingRules:
    """Reads the rules about single rows from the suites of training tables; they are registered with the model.

    Args:
        settings: The project's settings.
        checks: The suites.
        tables: The project's tables.
    """

    settings: Settings
    checks: Checks
    tables: Tables

    def read(self, versions: Mapping[str, int | None]) -> PortableRules:
        """Return the rules of several tables.

        Args:
            versions: The version that was read, by table; its schema types the rules. None for a source.
        """
        return merge_rules(self._read_table(table, version) for table, version in versions.items())

    def _read_table(self, table: str, version: int | None) -> PortableRules:
        from sparkops.checks.row_rules import extract_row_rules
        from sparkops.compiler import fields_from_spark

        try:
            suite = self.checks.find_suite(table)
            if suite is None:
                return PortableRules()
            schema = self.tables.read(self.tables.pin(table, at=version)).schema
            types = {field.name: field.type for field in fields_from_spark(schema.jsonValue())}
            return extract_row_rules(suite, self.settings.state / "gx" / "suites", schema, types)
        except ConfigError as error:
            # The model is trained already; it is registered despite a mistake in a suite.
            return PortableRules(
                left_out=(OmittedRule(label="every expectation", table=table, reason=str(error)),)
            )


@dataclass(frozen=True, slots=True)
class ModelRegistrar:
    """Implements the port `ModelRegistry` with the MLflow registry.

    Args:
        registry: Returns the registry; called only where it is needed, because it starts Spark.
        rules: Reads the row rules of the training tables.
    """

    registry: Callable[[], Registry]
    rules: TrainingRules

    def load_version(self, name: str, *, at: int | None = None) -> ModelVersion:
        """Return the champion, or the given version."""
        return self.registry().load_version(name, at)

    def register(
        self, model: Model, *, name: str, run: Run, gates: Sequence[Gate], params: Mapping[str, Any]
    ) -> ModelVersionInfo:
        """Certify, measure and register a trained model, with the table versions that the run read."""
        tables = {table: pin["version"] for table, pin in run.inputs.items()}
        return self.registry().register(
            model,
            name=name,
            training=TrainingRun(
                run_id=run.id,
                tables=tables,
                rules=self.rules.read(tables),
                params=params,
                tags={"sparkops.job": run.job},
            ),
            gates=gates,
        )
