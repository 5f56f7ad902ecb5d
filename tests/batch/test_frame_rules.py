"""Row rules of a model are evaluated on scored frames, in Spark and in plain MLflow, as table checks are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from fakes import stock_checks
from fakes.stock_checks import ROWS
from fakes.without import run
from pyspark.sql import functions as F

from sparkops.batch.spark_model_version import SparkModelVersion
from sparkops.checks.expectations.spark_conditions import to_violation
from sparkops.checks.row_rules import extract_row_rules
from sparkops.checks.suite.suite_file import load_suite
from sparkops.compiler import fields_from_spark
from sparkops.config.settings import ModelSettings, Settings, SparkSettings
from sparkops.errors import ConfigError, RowError
from sparkops.pipeline.model import Model
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.registry.registry import Registry
from sparkops.registry.training_run import TrainingRun
from sparkops.scoring.batch.arrow_columns import read_batch_columns
from sparkops.scoring.ir.portable_rules import PortableRules
from sparkops.scoring.rules.compatibility import keep_supported
from sparkops.scoring.rules.rule_monitor import RuleMonitor
from sparkops.tables.error_messages.spark_errors import explain_error

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:::mlflow")]

PREDICT = """
import json, logging, mlflow, os, pandas
messages = []
class Collect(logging.Handler):
    def emit(self, record): messages.append(record.getMessage())
logging.getLogger("sparkops.scoring").addHandler(Collect())
frame = pandas.read_json(sys.argv[2], orient="split", dtype={"carrier": object, "origin": object})
results = {}
for rules in (None, "warn", "count", "refuse", "off", "perhaps"):
    messages.clear()
    try:
        model = mlflow.pyfunc.load_model(sys.argv[1], model_config={"nan": "null", **({"rules": rules} if rules else {})})
        answer = len(model.predict(frame))
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    results[str(rules)] = [answer, dict(model.get_raw_model().broken), list(messages)]
os.environ["MLFLOW_PYFUNC_INFERENCE_CONFIG"] = '{"rules": "off", "nan": "null"}'
model = mlflow.pyfunc.load_model(sys.argv[1])
results["by the environment"] = [len(model.predict(frame)), dict(model.get_raw_model().broken), []]
print(json.dumps(results))
"""
OpenVersion = Callable[..., SparkModelVersion]
SUITE = """\
expectations:
  - expect_column_values_to_be_between: {column: distance, min_value: 100, max_value: 2500}
  - expect_column_values_to_not_be_null: {column: dep_time, policy: quarantine}
  - expect_column_values_to_be_in_set: {column: origin, value_set: [JFK, LGA], policy: warn}
  - expect_column_values_to_be_between: {column: temp, min_value: 1.5, max_value: 15, mostly: 0.5}
  - expect_column_value_lengths_to_equal: {column: carrier, value: 2}
"""


@pytest.fixture(scope="module")
def portable_rules(flights: Any, tmp_path_factory: pytest.TempPathFactory) -> PortableRules:
    """Return the rules of a suite of the flights."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "flights.yml").write_text(SUITE, encoding="utf-8")
    types = {field.name: field.type for field in fields_from_spark(flights.schema.jsonValue())}
    rules = extract_row_rules(load_suite(folder / "flights.yml", "flights"), folder, flights.schema, types)
    assert not rules.left_out
    return rules


@pytest.fixture(scope="module")
def ruled(
    shared_settings: Settings,
    spark: Any,
    late: ModelVersionInfo,
    trained: Model,
    portable_rules: PortableRules,
) -> ModelVersionInfo:
    """Register the shared model once more, with rules."""
    model = Model(fitted=trained.fitted, example=trained.example, metrics={"auc": 0.7})
    version = Registry(shared_settings, spark).register(
        model, name="ruled", training=TrainingRun("run-rules", rules=portable_rules)
    )
    assert version.rules == 5
    return version


@pytest.fixture
def open_version(shared_settings: Settings, spark: Any, ruled: ModelVersionInfo) -> OpenVersion:
    def version(rules: Any, batch: Any = "auto", mode: Any = "local") -> SparkModelVersion:
        changed = {"models": ModelSettings(batch=batch, rules=rules), "spark": SparkSettings(mode=mode)}
        return Registry(shared_settings.model_copy(update=changed), spark).load_version("ruled")

    return version


@pytest.fixture(scope="module")
def table_violations(flights: Any, portable_rules: PortableRules) -> dict[str, int]:
    """Return how many rows violate each rule, counted with the conditions that the table's checkpoint uses."""
    counts = [F.count_if(to_violation(rule.rule)) for rule in portable_rules.rules]
    return dict(
        zip((rule.label for rule in portable_rules.rules), flights.select(*counts).first(), strict=True)
    )


def counted(version: SparkModelVersion) -> dict[str, int]:
    return {broken["rule"]: broken["rows"] for broken in version.rule_summary["broken"]}


@pytest.mark.matrix(every=2)
@pytest.mark.parametrize(("rules", "mode"), [("warn", "local"), ("count", "cluster")])
def test_each_rule_has_as_many_violations_as_on_the_table(
    flights: Any,
    open_version: OpenVersion,
    portable_rules: PortableRules,
    table_violations: dict[str, int],
    rules: str,
    mode: str,
) -> None:
    version = open_version(rules, mode=mode)
    scored = version.transform(flights.repartition(3))
    assert version.rule_summary == {}
    assert len(scored.collect()) == flights.count()
    assert sum(table_violations.values()) > 1000
    assert counted(version) == {label: rows for label, rows in table_violations.items() if rows}
    assert (version.rule_summary["apply"], version.rule_summary["rows"]) == (rules, flights.count())
    assert version.rule_summary["broken"][0]["place"] == portable_rules.rules[0].place


def test_a_frame_that_is_computed_twice_is_counted_once_and_frames_are_summed(
    flights: Any, open_version: OpenVersion, table_violations: dict[str, int]
) -> None:
    version = open_version("count")
    scored = version.transform(flights)
    scored.count()
    scored.collect()
    assert version.rule_summary["rows"] == flights.count()
    assert counted(version) == {label: rows for label, rows in table_violations.items() if rows}
    version.transform(flights.where("month = 1")).collect()
    assert version.rule_summary["rows"] == flights.count() + flights.where("month = 1").count()


@pytest.mark.parametrize("mode", ["local", "cluster"])
def test_a_refused_row_is_an_error_with_column_value_rule_table_and_place(
    flights: Any, open_version: OpenVersion, portable_rules: PortableRules, mode: str
) -> None:
    far = (
        flights.limit(40).withColumn("dep_time", F.lit(1)).withColumn("distance", F.lit(9000).cast("bigint"))
    )
    with pytest.raises(Exception, match="distance") as error:
        open_version("refuse", mode=mode).transform(far).collect()
    shown = explain_error(error.value)
    rule = portable_rules.rules[0]
    assert isinstance(shown, RowError)
    assert str(shown) == (
        f"A row can't be scored: Field `distance`: 9000 violates {rule.label}, a rule of table `flights` ({rule.place})."
    )


def test_warning_rules_and_rules_for_most_rows_refuse_no_row_and_are_counted(
    flights: Any, open_version: OpenVersion, portable_rules: PortableRules
) -> None:
    good = flights.where("distance between 100 and 2500 and dep_time is not null")
    version = open_version("refuse")
    assert len(version.transform(good).collect()) == good.count() > 100
    assert set(counted(version)) == {portable_rules.rules[2].label, portable_rules.rules[3].label}


def test_off_evaluates_no_rules_and_uses_the_faster_method(
    flights: Any, open_version: OpenVersion, ruled: ModelVersionInfo
) -> None:
    version = open_version("off")
    version.transform(flights).count()
    assert version.rule_summary == {}
    assert version.scoring_method is not None
    assert version.scoring_method.kind == min(("mapInArrow", "transform"), key=ruled.benchmark.__getitem__)
    assert "rule" not in str(version.scoring_method)


def test_a_model_with_rules_is_scored_where_they_are_evaluated(
    flights: Any, open_version: OpenVersion
) -> None:
    version = open_version("warn")
    version.transform(flights)
    assert str(version.scoring_method).startswith("mapInArrow (its 5 rules are evaluated only there")


def test_rules_that_cannot_be_evaluated_raise_with_refuse_and_warn_otherwise(
    flights: Any, open_version: OpenVersion, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ConfigError, match=r"set by models\.batch; its 5 rules are not evaluated there"):
        open_version("refuse", "transform").transform(flights)
    version = open_version("warn", "transform")
    assert version.transform(flights.limit(3)).count() == 3
    assert (
        str(version.scoring_method) == "transform (set by models.batch; its 5 rules are not evaluated there)"
    )
    assert (
        "ruled/1 scores by transform (set by models.batch; its 5 rules are not evaluated there)"
        in caplog.text
    )
    unsupported = flights.withColumn("v", F.expr("make_dt_interval(1)"))
    with pytest.raises(ConfigError, match="Arrow does not carry `v` to Python; its 5 rules"):
        open_version("refuse").transform(unsupported)


def test_the_micro_batches_of_a_stream_are_evaluated_and_summed(
    flights: Any, open_version: OpenVersion, table_violations: dict[str, int], tmp_path: Path
) -> None:
    flights.repartition(4).write.parquet(str(tmp_path / "in"))
    read = flights.sparkSession.readStream.schema(flights.schema).option("maxFilesPerTrigger", 1)
    version = open_version("warn")
    scored = version.transform(read.parquet(str(tmp_path / "in")), arrays=True)
    query = scored.writeStream.format("noop").trigger(availableNow=True).start()
    assert query.awaitTermination(60)
    assert len(query.recentProgress) >= 4
    assert version.rule_summary["rows"] == flights.count()
    assert counted(version) == {label: rows for label, rows in table_violations.items() if rows}


def test_nan_and_null_violate_a_rule_as_on_the_table(
    flights: Any, open_version: OpenVersion, portable_rules: PortableRules
) -> None:
    values = [None, float("nan"), 1.4, 1.5, 15.0, 15.1, float("inf")]
    cases = flights.sparkSession.createDataFrame([(value,) for value in values], "value double")
    frame = flights.limit(1).crossJoin(cases).withColumn("temp", F.col("value")).drop("value")
    version = open_version("count")
    version.transform(frame).collect()
    rule = portable_rules.rules[3]
    expected = frame.select(F.count_if(to_violation(rule.rule))).first()[0]
    assert counted(version)[rule.label] == expected == 4


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_arrow_batches_of_every_type_have_the_violations_of_the_table(
    spark: Any, tmp_path: Path, zone: str
) -> None:
    lines = ROWS + "expect_column_values_to_be_between: {column: at, max_value: 2013-01-02}\n"
    suite = stock_checks.suite_of(tmp_path, lines)
    with session_time(spark, zone):
        frame = stock_checks.frame_of(spark, "mixed").drop("m", "p", "a.b")  # mapInArrow takes no dots
        fields = fields_from_spark(frame.schema.jsonValue())
        types = {field.name: field.type for field in fields}
        checks = keep_supported(extract_row_rules(suite, tmp_path, frame.schema, types), fields)
        [[counts]] = frame.mapInArrow(counting(checks, fields), "counts array<bigint>").collect()
        expected = [frame.where(to_violation(rule.rule)).count() for rule in checks.rules]
    assert len(expected) > 20
    assert sum(map(bool, expected)) > 15
    assert dict(zip(labels(checks), counts, strict=True)) == dict(zip(labels(checks), expected, strict=True))


def counting(checks: PortableRules, fields: Any) -> Any:
    def count(batches: Any) -> Any:
        monitor = RuleMonitor(checks, fields, "count")
        for batch in batches:
            monitor.check_batch(read_batch_columns(batch, fields), batch.num_rows)
        yield pa.RecordBatch.from_pydict({"counts": pa.array([monitor.counts], pa.list_(pa.int64()))})

    return count


def labels(checks: PortableRules) -> list[str]:
    return [f"{rule.place} {rule.label}" for rule in checks.rules]


@contextmanager
def session_time(spark: Any, zone: str) -> Iterator[None]:
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        yield
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)


def test_plain_mlflow_applies_rules_as_its_model_config_says(
    shared_settings: Settings,
    ruled: ModelVersionInfo,
    flights: Any,
    table_violations: dict[str, int],
    tmp_path: Path,
) -> None:
    flights.drop("late").toPandas().to_json(tmp_path / "rows.json", orient="split")
    folder = Registry(shared_settings).fetch_folder("ruled")
    output = run(PREDICT, folder, tmp_path / "rows.json", without=("sparkops", "pyspark", "py4j"))
    results = json.loads(output.splitlines()[-1])
    count, broken = flights.count(), {label: rows for label, rows in table_violations.items() if rows}
    assert results["count"] == [count, broken, []]
    assert results["None"] == results["warn"]
    assert results["warn"][:2] == [count, broken]
    assert len(results["warn"][2]) == len(broken)
    assert results["off"] == results["by the environment"] == [count, {}, []]
    assert results["refuse"][0].startswith("RowError: Row ")
    assert "a rule of table `flights`" in results["refuse"][0]
    assert results["perhaps"][0].startswith("ModelError: model_config says rules: 'perhaps'; it is one of")
