"""A suite that cannot be evaluated on its table's columns is refused before Spark starts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops import Engine
from sparkops.cli.main import run_command
from sparkops.engine.operations.suites import SuiteValidation, validate_suites
from sparkops.errors import ConfigError, UnknownName

pytestmark = pytest.mark.filterwarnings(
    "ignore:module 'sre_:DeprecationWarning"
)  # Great Expectations' import

JOB = """
    from pyspark.sql import DataFrame
    from sparkops import job

    @job{options}
    def orders(raw: DataFrame) -> DataFrame:
        return raw
"""
SUITE = """
    expectations:
      - expect_column_values_to_not_be_null: shop
      - expect_column_values_to_not_be_null: amuont
"""
COLUMNS = {"shop": "string", "amount": "double"}
MESSAGE = r"(?s)Did you mean `amount`\? \(conf/checks/orders.yml:3\)"


@pytest.fixture
def engine(make_project: Callable[..., Path]) -> Callable[..., Engine]:
    def make(suite: str = SUITE, *, options: str = "", exists: bool = True) -> Engine:
        root = make_project({"jobs/orders.py": JOB.format(options=options), "conf/checks/orders.yml": suite})
        engine = Engine(root)
        if exists:
            make_table(Path(engine.container.tables.describe("orders").location))
        return engine

    return make


def make_table(folder: Path) -> None:
    """Write the log of an empty Delta table with two columns."""
    fields = [{"name": n, "type": t, "nullable": True, "metadata": {}} for n, t in COLUMNS.items()]
    schema = json.dumps({"type": "struct", "fields": fields})
    actions = [
        {"commitInfo": {"timestamp": 1, "operation": "WRITE"}},
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
        {"metaData": {"id": "made", "schemaString": schema, "partitionColumns": []}},
    ]
    (folder / "_delta_log").mkdir(parents=True)
    text = "\n".join(json.dumps(action) for action in actions)
    (folder / "_delta_log" / f"{0:020}.json").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "verb", [lambda engine: engine.run_by_name("orders", {}), lambda engine: engine.check("orders")]
)
def test_a_missing_column_is_reported_before_spark_starts(
    engine: Callable[..., Engine], verb: Callable[[Engine], object]
) -> None:
    project = engine()
    with pytest.raises(ConfigError, match=MESSAGE):
        verb(project)
    assert not project.container.starter.is_started
    assert not list(project.runs.list_newest(limit=1)), "no run was begun"


def test_the_error_says_how_a_job_may_change_the_columns(engine: Callable[..., Engine]) -> None:
    project = engine()
    with pytest.raises(ConfigError, match=r"gives `orders` other columns .* `schema_change=True`"):
        project.run(project.jobs["orders"])


@pytest.mark.parametrize(
    ("options", "exists", "suite"),
    [
        ("(schema_change=True)", True, SUITE),
        ("", False, SUITE),
        ("", True, SUITE.replace("amuont", "{column: amuont, policy: warn}")),
        ("", True, "expectations: [expect_column_to_exist: amuont]"),
    ],
)
def test_a_suite_that_may_still_fit_is_not_refused(
    engine: Callable[..., Engine], options: str, exists: bool, suite: str
) -> None:
    project = engine(suite, options=options, exists=exists)
    project.container.require_suites_fit([project.project.declared["orders"]])


def test_suites_are_validated_with_all_mistakes_at_once(
    engine: Callable[..., Engine], capsys: pytest.CaptureFixture[str]
) -> None:
    project = engine()
    other = project.root / "conf" / "checks" / "other.yml"
    other.write_text("expectations: [expect_column_to_exist: {colum: a}]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=MESSAGE) as raised:
        validate_suites(project.container)
    assert "takes no `colum`. Did you mean `column`?" in str(raised.value)
    assert "(conf/checks/other.yml:1)" in str(raised.value)
    other.write_text("expectations: [expect_column_to_exist: a]\n", encoding="utf-8")
    assert validate_suites(project.container, "other") == (
        SuiteValidation(table="other", expectations=1, columns_known=False),
    )
    with pytest.raises(UnknownName, match="Did you mean `other`"):
        validate_suites(project.container, "othr")
    assert not project.container.starter.is_started
    assert run_command(["checks", "validate", "other", "--project", str(project.root)]) == 0
    assert capsys.readouterr().out == "other: 1 expectation; its columns are known once it is computed\n"
