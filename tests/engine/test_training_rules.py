"""The suites of a model's training tables, as rules about single rows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pyspark.sql.types import DoubleType, IntegerType, StringType, StructField, StructType

from sparkops.checks.checks import Checks
from sparkops.config.settings import Settings
from sparkops.engine.adapters.models import TrainingRules

SCHEMA = StructType([
    StructField("carrier", StringType()), StructField("month", IntegerType()), StructField("temp", DoubleType())
])  # fmt: skip
SUITE = """\
expectations:
  - expect_column_values_to_be_between: {column: month, min_value: 1, max_value: 12}
  - expect_column_values_to_be_unique: carrier
  - expect_column_values_to_not_be_null: {column: temp, mostly: 0.9, policy: warn}
  - expect_column_values_to_be_between: {column: carrier, max_value: 3}
"""


class Tables:
    """Tables of one schema, read at version 7."""

    def pin(self, name: str, *, at: int | None) -> tuple[str, int | None]:
        return name, at

    def read(self, pin: tuple[str, int | None]) -> Any:
        assert pin == ("flights", 7)
        return SimpleNamespace(schema=SCHEMA)


def training(root: Path, suite: str) -> TrainingRules:
    settings = Settings.model_validate({"root": root, "env": "base", "state": root / ".sparkops"})
    (root / "conf" / "checks").mkdir(parents=True)
    (root / "conf" / "checks" / "flights.yml").write_text(suite, encoding="utf-8")
    return TrainingRules(settings, Checks(settings), Tables())  # type: ignore[arg-type]


def test_row_rules_of_a_suite_are_portable_and_others_are_left_out_with_the_reason(tmp_path: Path) -> None:
    rules = training(tmp_path, SUITE).read({"flights": 7, "weather": 3})
    month, temp = rules.rules
    assert (month.label.split("(")[0], month.place) == (
        "expect_column_values_to_be_between",
        "conf/checks/flights.yml:2",
    )
    assert (month.types, month.refuses) == ({"month": "integer"}, True)
    assert (temp.policy, temp.mostly, temp.refuses) == ("warn", 0.9, False)
    unique, typed = rules.left_out
    assert unique.reason == "it needs the whole table"
    assert typed.reason.startswith("it cannot be evaluated (ColumnValuesBetween")


def test_an_invalid_suite_does_not_lose_the_model(tmp_path: Path) -> None:
    rules = training(tmp_path, "expectations:\n  - expect_the_unexpected: month\n").read({"flights": 7})
    assert not rules.rules
    assert "expect_the_unexpected" in rules.left_out[0].reason
