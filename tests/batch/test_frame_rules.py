"""The rules that a model carries judge the frames that Spark and plain MLflow score, with the table's own verdicts."""

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
from sparkops.checks.expectations.spark_conditions import violation
from sparkops.checks.row_rules import extract_row_rules
from sparkops.checks.suite.suite_file import load_suite
from sparkops.compiler import fields_from_spark
from sparkops.config.settings import ModelSettings, Settings, SparkSettings
from sparkops.errors import ConfigError, RowError
from sparkops.pipeline.model import Model
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.registry.registry import Registry
from sparkops.scoring.arrow_scorer import input_columns
from sparkops.scoring.ir.portable_rules import PortableRules
from sparkops.scoring.rules.compatibility import keep_supported
from sparkops.scoring.rules.rule_monitor import RuleMonitor
from sparkops.tables.error_messages.translation import explain

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:::mlflow")]

PREDICT = """
import json, logging, mlflow, os, pandas
said = []
class Kept(logging.Handler):
    def emit(self, record): said.append(record.getMessage())
logging.getLogger("sparkops.scoring").addHandler(Kept())
frame = pandas.read_json(sys.argv[2], orient="split", dtype={"carrier": object, "origin": object})
told = {}
for rules in (None, "warn", "count", "refuse", "off", "perhaps"):
    said.clear()
    try:
        model = mlflow.pyfunc.load_model(sys.argv[1], model_config={"rules": rules} if rules else None)
        answer = len(model.predict(frame))
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    told[str(rules)] = [answer, dict(model.get_raw_model().broken), list(said)]
os.environ["MLFLOW_PYFUNC_INFERENCE_CONFIG"] = '{"rules": "off"}'
model = mlflow.pyfunc.load_model(sys.argv[1])
told["by the environment"] = [len(model.predict(frame)), dict(model.get_raw_model().broken), []]
print(json.dumps(told))
"""
By = Callable[..., SparkModelVersion]
SUITE = """\
expectations:
  - expect_column_values_to_be_between: {column: distance, min_value: 100, max_value: 2500}
  - expect_column_values_to_not_be_null: {column: dep_time, policy: quarantine}
  - expect_column_values_to_be_in_set: {column: origin, value_set: [JFK, LGA], policy: warn}
  - expect_column_values_to_be_between: {column: temp, min_value: 1.5, max_value: 15, mostly: 0.5}
  - expect_column_value_lengths_to_equal: {column: carrier, value: 2}
"""


@pytest.fixture(scope="module")
def carried(flights: Any, tmp_path_factory: pytest.TempPathFactory) -> PortableRules:
    """Return the rules of a suite of the flights."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "flights.yml").write_text(SUITE, encoding="utf-8")
    types = {field.name: field.type for field in fields_from_spark(flights.schema.jsonValue())}
    found = extract_row_rules(load_suite(folder / "flights.yml", "flights"), folder, flights.schema, types)
    assert not found.left_out
    return found


@pytest.fixture(scope="module")
def ruled(
    shared_settings: Settings, spark: Any, late: ModelVersionInfo, trained: Model, carried: PortableRules
) -> ModelVersionInfo:
    """Register the shared model once more, with rules."""
    model = Model(fitted=trained.fitted, example=trained.example, metrics={"auc": 0.7})
    done = Registry(shared_settings, spark).register(model, name="ruled", run_id="run-rules", checks=carried)
    assert done.rules == 5
    return done


@pytest.fixture
def by(shared_settings: Settings, spark: Any, ruled: ModelVersionInfo) -> By:
    def version(rules: Any, batch: Any = "auto", mode: Any = "local") -> SparkModelVersion:
        changed = {"models": ModelSettings(batch=batch, rules=rules), "spark": SparkSettings(mode=mode)}
        return Registry(shared_settings.model_copy(update=changed), spark).version("ruled")

    return version


@pytest.fixture(scope="module")
def on_the_table(flights: Any, carried: PortableRules) -> dict[str, int]:
    """Return how many rows break which rule, counted by the columns that the table's checkpoint uses."""
    counts = [F.count_if(violation(each.rule)) for each in carried.rules]
    return dict(zip((each.label for each in carried.rules), flights.select(*counts).first(), strict=True))


def counted(version: SparkModelVersion) -> dict[str, int]:
    return {each["rule"]: each["rows"] for each in version.rule_summary["broken"]}


@pytest.mark.parametrize(("rules", "mode"), [("warn", "local"), ("count", "cluster")])
def test_each_rule_counts_the_rows_that_it_counts_on_the_table(
    flights: Any, by: By, carried: PortableRules, on_the_table: dict[str, int], rules: str, mode: str
) -> None:
    version = by(rules, mode=mode)
    scored = version.transform(flights.repartition(3))
    assert version.rule_summary == {}
    assert len(scored.collect()) == flights.count()
    assert sum(on_the_table.values()) > 1000
    assert counted(version) == {label: rows for label, rows in on_the_table.items() if rows}
    assert (version.rule_summary["apply"], version.rule_summary["rows"]) == (rules, flights.count())
    assert version.rule_summary["broken"][0]["place"] == carried.rules[0].place


def test_a_frame_that_is_computed_twice_is_counted_once_and_two_frames_are_added(
    flights: Any, by: By, on_the_table: dict[str, int]
) -> None:
    version = by("count")
    scored = version.transform(flights)
    scored.count()
    scored.collect()
    assert version.rule_summary["rows"] == flights.count()
    assert counted(version) == {label: rows for label, rows in on_the_table.items() if rows}
    version.transform(flights.where("month = 1")).collect()
    assert version.rule_summary["rows"] == flights.count() + flights.where("month = 1").count()


@pytest.mark.parametrize("mode", ["local", "cluster"])
def test_a_row_is_refused_by_the_rule_with_column_value_table_and_place(
    flights: Any, by: By, carried: PortableRules, mode: str
) -> None:
    far = (
        flights.limit(40).withColumn("dep_time", F.lit(1)).withColumn("distance", F.lit(9000).cast("bigint"))
    )
    with pytest.raises(Exception, match="distance") as told:
        by("refuse", mode=mode).transform(far).collect()
    said = explain(told.value)
    rule = carried.rules[0]
    assert isinstance(said, RowError)
    assert str(said) == (
        f"A row can't be scored: Field `distance`: 9000 breaks {rule.label}, a rule of table `flights` ({rule.place})."
    )


def test_rules_that_only_warn_or_ask_most_rows_refuse_none_and_are_counted(
    flights: Any, by: By, carried: PortableRules
) -> None:
    good = flights.where("distance between 100 and 2500 and dep_time is not null")
    version = by("refuse")
    assert len(version.transform(good).collect()) == good.count() > 100
    assert set(counted(version)) == {carried.rules[2].label, carried.rules[3].label}


def test_off_judges_nothing_and_takes_the_faster_way(flights: Any, by: By, ruled: ModelVersionInfo) -> None:
    version = by("off")
    version.transform(flights).count()
    assert version.rule_summary == {}
    assert version.scoring_method is not None
    assert version.scoring_method.kind == min(("mapInArrow", "transform"), key=ruled.benchmark.__getitem__)
    assert "rule" not in str(version.scoring_method)


def test_a_model_with_rules_is_scored_where_they_are_judged(flights: Any, by: By) -> None:
    version = by("warn")
    version.transform(flights)
    assert str(version.scoring_method).startswith("mapInArrow (its 5 rules are judged only there")


def test_rows_that_nothing_can_judge_are_refused_whole_or_told_of(
    flights: Any, by: By, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ConfigError, match=r"set by models\.batch; its 5 rules are not judged there"):
        by("refuse", "transform").transform(flights)
    version = by("warn", "transform")
    assert version.transform(flights.limit(3)).count() == 3
    assert str(version.scoring_method) == "transform (set by models.batch; its 5 rules are not judged there)"
    assert (
        "ruled/1 scores by transform (set by models.batch; its 5 rules are not judged there)" in caplog.text
    )
    odd = flights.withColumn("v", F.expr("make_dt_interval(1)"))
    with pytest.raises(ConfigError, match="Arrow does not carry `v` to Python; its 5 rules"):
        by("refuse").transform(odd)


def test_a_streams_batches_are_judged_and_added(
    flights: Any, by: By, on_the_table: dict[str, int], tmp_path: Path
) -> None:
    flights.repartition(4).write.parquet(str(tmp_path / "in"))
    read = flights.sparkSession.readStream.schema(flights.schema).option("maxFilesPerTrigger", 1)
    version = by("warn")
    scored = version.transform(read.parquet(str(tmp_path / "in")), arrays=True)
    query = scored.writeStream.format("noop").trigger(availableNow=True).start()
    assert query.awaitTermination(60)
    assert len(query.recentProgress) >= 4
    assert version.rule_summary["rows"] == flights.count()
    assert counted(version) == {label: rows for label, rows in on_the_table.items() if rows}


def test_nan_and_null_of_doubles_are_judged_as_on_the_table(
    flights: Any, by: By, carried: PortableRules
) -> None:
    values = [None, float("nan"), 1.4, 1.5, 15.0, 15.1, float("inf")]
    cases = flights.sparkSession.createDataFrame([(value,) for value in values], "value double")
    frame = flights.limit(1).crossJoin(cases).withColumn("temp", F.col("value")).drop("value")
    version = by("count")
    version.transform(frame).collect()
    rule = carried.rules[3]
    theirs = frame.select(F.count_if(violation(rule.rule))).first()[0]
    assert counted(version)[rule.label] == theirs == 4


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_arrow_batches_of_every_kind_are_judged_as_the_table_is(
    spark: Any, tmp_path: Path, zone: str
) -> None:
    lines = ROWS + "expect_column_values_to_be_between: {column: at, max_value: 2013-01-02}\n"
    suite = stock_checks.suite_of(tmp_path, lines)
    with session_time(spark, zone):
        frame = stock_checks.frame_of(spark, "mixed").drop("m", "p", "a.b")  # mapInArrow takes no dots
        fields = fields_from_spark(frame.schema.jsonValue())
        types = {field.name: field.type for field in fields}
        checks = keep_supported(extract_row_rules(suite, tmp_path, frame.schema, types), fields)
        [[ours]] = frame.mapInArrow(judging(checks, fields), "counts array<bigint>").collect()
        theirs = [frame.where(violation(each.rule)).count() for each in checks.rules]
    assert len(theirs) > 20
    assert sum(map(bool, theirs)) > 15
    assert dict(zip(labels(checks), ours, strict=True)) == dict(zip(labels(checks), theirs, strict=True))


def judging(checks: PortableRules, fields: Any) -> Any:
    def judged(batches: Any) -> Any:
        watch = RuleMonitor(checks, fields, "count")
        for batch in batches:
            watch.check_batch(input_columns(batch, fields), batch.num_rows)
        yield pa.RecordBatch.from_pydict({"counts": pa.array([watch.counts], pa.list_(pa.int64()))})

    return judged


def labels(checks: PortableRules) -> list[str]:
    return [f"{each.place} {each.label}" for each in checks.rules]


@contextmanager
def session_time(spark: Any, zone: str) -> Iterator[None]:
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", zone)
    try:
        yield
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)


def test_plain_mlflow_applies_them_as_its_model_config_says(
    shared_settings: Settings,
    ruled: ModelVersionInfo,
    flights: Any,
    on_the_table: dict[str, int],
    tmp_path: Path,
) -> None:
    flights.drop("late").toPandas().to_json(tmp_path / "rows.json", orient="split")
    folder = Registry(shared_settings).folder("ruled")
    done = run(PREDICT, folder, tmp_path / "rows.json", without=("sparkops", "pyspark", "py4j"))
    told = json.loads(done.splitlines()[-1])
    count, broken = flights.count(), {label: rows for label, rows in on_the_table.items() if rows}
    assert told["count"] == [count, broken, []]
    assert told["None"] == told["warn"]
    assert told["warn"][:2] == [count, broken]
    assert len(told["warn"][2]) == len(broken)
    assert told["off"] == told["by the environment"] == [count, {}, []]
    assert told["refuse"][0].startswith("RowError: Row ")
    assert "a rule of table `flights`" in told["refuse"][0]
    assert told["perhaps"][0].startswith(
        "ModelError: model_config says rules: 'perhaps'; a model's rules are applied by"
    )
