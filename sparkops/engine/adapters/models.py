"""The rules that travel with a model: those about one row in the suites of the tables that a run trained it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sparkops.checks.checks import Checks
from sparkops.config.settings import Settings
from sparkops.errors import ConfigError
from sparkops.scoring.ir.portable_rules import OmittedRule, PortableRules, merge_rules
from sparkops.tables import Tables


@dataclass(frozen=True, slots=True)
class TrainingChecks:
    """The suites of tables, read for the models that they train."""

    settings: Settings
    checks: Checks
    tables: Tables

    def of(self, versions: Mapping[str, int | None]) -> PortableRules:
        """Return the rules of several tables, each by its schema at the version that was read."""
        return merge_rules(self._of_table(table, version) for table, version in versions.items())

    def _of_table(self, table: str, version: int | None) -> PortableRules:
        from sparkops.checks.row_rules import row_checks
        from sparkops.compiler import fields_from_spark

        try:
            suite = self.checks.suite(table)
            if suite is None:
                return PortableRules()
            schema = self.tables.read(self.tables.pin(table, at=version)).schema
            types = {field.name: field.type for field in fields_from_spark(schema.jsonValue())}
            return row_checks(suite, self.settings.state / "gx" / "suites", schema, types)
        except ConfigError as error:  # the model is trained; a mistake in a suite may not lose it
            return PortableRules(
                left_out=(OmittedRule(label="every expectation", table=table, why=str(error)),)
            )
