"""A suite that its table's columns cannot meet is refused before Spark starts, where those are sure to stay."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkops import Engine
from sparkops.cli.main import answer
from sparkops.engine.operations.validate import Valid, validate
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
TOLD = r"(?s)Did you mean `amount`\? \(conf/checks/orders.yml:3\)"


@pytest.fixture
def engine(make_project: Callable[..., Path]) -> Callable[..., Engine]:
    def make(suite: str = SUITE, *, options: str = "", made: bool = True) -> Engine:
        root = make_project({"jobs/orders.py": JOB.format(options=options), "conf/checks/orders.yml": suite})
        found = Engine(root)
        if made:
            made_table(Path(found.workshop.tables.info("orders").location))
        return found

    return make


def made_table(folder: Path) -> None:
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
    "verb", [lambda engine: engine.start("orders", given={}), lambda engine: engine.check("orders")]
)
def test_a_column_that_is_not_there_is_told_before_spark_starts(
    engine: Callable[..., Engine], verb: Callable[[Engine], object]
) -> None:
    there = engine()
    with pytest.raises(ConfigError, match=TOLD):
        verb(there)
    assert not there.workshop.starter.begun
    assert not list(there.runs.newest(limit=1)), "no run was begun"


def test_a_refused_job_is_told_how_it_may_bring_other_columns(engine: Callable[..., Engine]) -> None:
    there = engine()
    with pytest.raises(ConfigError, match=r"brings `orders` other columns .* `schema_change=True`"):
        there.run(there.jobs["orders"])


@pytest.mark.parametrize(
    ("options", "made", "suite"),
    [
        ("(schema_change=True)", True, SUITE),
        ("", False, SUITE),
        ("", True, SUITE.replace("amuont", "{column: amuont, policy: warn}")),
        ("", True, "expectations: [expect_column_to_exist: amuont]"),
    ],
)
def test_what_may_still_become_good_is_not_refused(
    engine: Callable[..., Engine], options: str, made: bool, suite: str
) -> None:
    there = engine(suite, options=options, made=made)
    there.workshop.require_fit([there.declared["orders"]])


def test_suites_are_validated_on_demand_with_all_mistakes_at_once(
    engine: Callable[..., Engine], capsys: pytest.CaptureFixture[str]
) -> None:
    there = engine()
    other = there.root / "conf" / "checks" / "other.yml"
    other.write_text("expectations: [expect_column_to_exist: {colum: a}]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=TOLD) as told:
        validate(there)
    assert "takes no `colum`. Did you mean `column`?" in str(told.value)
    assert "(conf/checks/other.yml:1)" in str(told.value)
    other.write_text("expectations: [expect_column_to_exist: a]\n", encoding="utf-8")
    assert validate(there, "other") == (Valid(table="other", expectations=1, columns_known=False),)
    with pytest.raises(UnknownName, match="Did you mean `other`"):
        validate(there, "othr")
    assert not there.workshop.starter.begun
    assert answer(["checks", "validate", "other", "--project", str(there.root)]) == 0
    assert capsys.readouterr().out == "other: 1 expectation; its columns are known once it is computed\n"
