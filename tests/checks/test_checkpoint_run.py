"""A checkpoint evaluates a suite on a Spark frame and decides which rows may be published."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from sparkops.checks.checks import Checks
from sparkops.checks.outcome import CheckpointOutcome, describe
from sparkops.config.settings import Settings
from sparkops.errors import ConfigError
from sparkops.pipeline.staging import REASONS_COLUMN

pytestmark = pytest.mark.spark

ROWS = [
    (1, 1, "JFK", 5.0, "2013-01-01"),
    (2, 2, "LGA", None, "2013-01-02"),
    (3, 13, "EWR", float("nan"), "2013-01-03"),
    (4, 4, None, -70.0, None),
    (4, 5, "XXX", 2000.0, "2013-01-05"),
    (6, 6, "JFK", 0.0, "not a day"),
]
SCHEMA = "id INT, month INT, origin STRING, delay DOUBLE, day STRING"


@pytest.fixture
def frame(spark):
    return spark.createDataFrame(ROWS, SCHEMA).coalesce(1)


@pytest.fixture
def checks(tmp_path: Path) -> Checks:
    return Checks(Settings(root=tmp_path, env="base", state=tmp_path / ".sparkops"))


def run_checkpoint(checks: Checks, frame, *lines: str, head: str = "") -> CheckpointOutcome:
    folder = checks.settings.root / "conf" / "checks"
    folder.mkdir(parents=True, exist_ok=True)
    body = "".join(f"  - {line}\n" for line in lines)
    (folder / "flights.yml").write_text(f"{head}expectations:\n{body}", encoding="utf-8")
    suite = checks.find_suite("flights")
    assert suite is not None
    return checks.run_checkpoint(suite, frame, table="flights", run_id="run-1")


def failures(outcome: CheckpointOutcome) -> str:
    """Return the descriptions of the failed checks."""
    return "\n".join(map(describe, outcome.failed))


def ids(frame) -> list[int]:
    return sorted(row.id for row in frame.select("id").collect())


def test_a_frame_that_passes_its_suite_is_published_unchanged(checks: Checks, frame) -> None:
    outcome = run_checkpoint(
        checks,
        frame,
        "expect_column_values_to_not_be_null: id",
        "expect_table_row_count_to_be_between: {min_value: 1, max_value: 6}",
        "expect_column_max_to_be_between: {column: month, max_value: 13}",
    )
    assert not outcome.blocked
    assert outcome.bad is None
    assert outcome.good is frame
    assert outcome.rows == 6
    assert [result.success for result in outcome.results] == [True, True, True]
    assert outcome.results[2].observed == 13
    assert outcome.summary == "3 checks: 3 passed"


def test_a_failed_check_blocks_and_describes_the_failing_rows_and_the_line(checks: Checks, frame) -> None:
    outcome = run_checkpoint(
        checks, frame, "expect_column_values_to_be_in_set: {column: origin, value_set: [JFK, LGA, EWR]}"
    )
    assert outcome.blocked
    [result] = outcome.results
    assert (result.rows, result.unexpected, result.samples) == (6, 1, ("XXX",))
    assert "1 of 6 rows failed, such as 'XXX' (conf/checks/flights.yml:2)" in failures(outcome)


def test_a_warning_is_reported_and_does_not_block(checks: Checks, frame) -> None:
    outcome = run_checkpoint(
        checks, frame, "expect_column_values_to_not_be_null: {column: delay, policy: warn}"
    )
    assert not outcome.blocked
    assert [result.unexpected for result in outcome.warned] == [1]
    assert outcome.summary == "1 check: 0 passed, 1 warned"


def test_quarantine_separates_exactly_the_failing_rows_with_their_reasons(checks: Checks, frame) -> None:
    outcome = run_checkpoint(
        checks,
        frame,
        "expect_column_values_to_not_be_null: {column: delay, policy: quarantine}",
        "expect_column_values_to_be_between: {column: month, min_value: 1, max_value: 12, policy: quarantine}",
        "expect_column_values_to_be_in_set: {column: origin, value_set: [JFK, LGA, EWR], policy: quarantine}",
        "expect_table_row_count_to_equal: {value: 3}",
    )
    assert not outcome.blocked, outcome.results
    assert (outcome.rows, outcome.quarantined) == (6, 3)
    assert outcome.good.schema == frame.schema
    assert ids(outcome.good) == [1, 4, 6]
    assert outcome.bad is not None
    assert outcome.bad.columns == [*frame.columns, REASONS_COLUMN]
    reasons = {row.month: row[REASONS_COLUMN] for row in outcome.bad.collect()}
    assert reasons == {
        2: ["expect_column_values_to_not_be_null(delay)"],
        13: ["expect_column_values_to_be_between(month, min_value=1, max_value=12)"],
        5: ["expect_column_values_to_be_in_set(origin, value_set=['JFK', 'LGA', 'EWR'])"],
    }
    assert [(r.success, r.unexpected, r.rows) for r in outcome.results[:3]] == [(False, 1, 6)] * 3
    assert outcome.results[3].success, "the table-level check is about the rows that will be published"


def test_every_failing_row_is_returned_with_its_reasons_whatever_the_policy(checks: Checks, frame) -> None:
    outcome = run_checkpoint(
        checks,
        frame,
        "expect_column_values_to_be_between: {column: month, max_value: 12}",
        "expect_column_values_to_be_in_set: {column: origin, value_set: [JFK, LGA, EWR], policy: warn}",
        "expect_column_values_to_be_unique: {column: id, policy: quarantine}",
        "expect_column_values_to_not_be_null: {column: day, mostly: 0.5}",
    )
    failing = outcome.failing()
    assert failing is not None
    reasons = {row.day: [r.split("(")[0] for r in row[REASONS_COLUMN]] for row in failing.collect()}
    assert reasons == {
        "2013-01-03": ["expect_column_values_to_be_between"],
        None: ["expect_column_values_to_be_unique"],
        "2013-01-05": ["expect_column_values_to_be_in_set", "expect_column_values_to_be_unique"],
    }
    assert (
        run_checkpoint(
            checks, frame, "expect_column_max_to_be_between: {column: month, max_value: 1}"
        ).failing()
        is None
    )


def test_an_expectation_that_passes_by_its_mostly_quarantines_nothing(checks: Checks, frame) -> None:
    line = "expect_column_values_to_not_be_null: {column: delay, mostly: 0.5, policy: quarantine}"
    outcome = run_checkpoint(checks, frame, line)
    assert outcome.bad is None
    assert outcome.quarantined == 0
    assert outcome.results[0].success
    assert outcome.results[0].unexpected == 1


def test_all_copies_of_a_duplicate_are_quarantined(checks: Checks, frame) -> None:
    outcome = run_checkpoint(
        checks, frame, "expect_column_values_to_be_unique: {column: id, policy: quarantine}"
    )
    assert not outcome.blocked
    assert ids(outcome.good) == [1, 2, 3, 6]
    assert outcome.quarantined == 2


def test_a_row_condition_narrows_what_is_quarantined(checks: Checks, frame) -> None:
    line = (
        "expect_column_values_to_be_between: {column: delay, max_value: 100, strict_max: true, "
        "row_condition: \"origin = 'JFK' OR month < 5\", policy: quarantine}"
    )
    outcome = run_checkpoint(
        checks, frame, line, "expect_column_max_to_be_between: {column: id, max_value: 6}"
    )
    assert outcome.bad is None, "the row with 2000 is outside the condition"
    outcome = run_checkpoint(checks, frame, line.replace("month < 5", "month = 5"))
    assert outcome.bad is not None
    assert [row.month for row in outcome.bad.collect()] == [5]


def test_expectations_about_several_columns_quarantine_by_ignore_row_if(checks: Checks, frame) -> None:
    outcome = run_checkpoint(
        checks,
        frame,
        "expect_column_pair_values_a_to_be_greater_than_b: "
        "{column_A: month, column_B: delay, ignore_row_if: either_value_is_missing, policy: quarantine}",
        "expect_compound_columns_to_be_unique: {column_list: [id, month], policy: quarantine}",
    )
    assert outcome.bad is not None
    assert outcome.results[1].success
    assert sorted(row.month for row in outcome.bad.collect()) == [1, 5, 13]


def test_a_check_that_fails_only_on_the_remaining_rows_quarantines_too(checks: Checks, frame) -> None:
    outcome = run_checkpoint(
        checks,
        frame,
        "expect_column_values_to_be_between: {column: month, max_value: 5, policy: quarantine}",
        "expect_column_values_to_not_be_null: {column: day, mostly: 0.8, policy: quarantine}",
    )
    assert not outcome.blocked
    assert [result.success for result in outcome.results] == [False, False]
    assert sorted(row.month for row in outcome.good.collect()) == [1, 2, 5]


def test_an_expectation_that_great_expectations_evaluates_quarantines_together_with_others(
    checks: Checks, frame
) -> None:
    outcome = run_checkpoint(
        checks,
        frame,
        "expect_column_values_to_be_json_parseable: {column: day, policy: quarantine}",
        "expect_column_values_to_not_be_null: {column: origin, policy: quarantine}",
        "expect_column_values_to_be_between: {column: id, max_value: 6}",
    )
    assert [result.success for result in outcome.results] == [False, False, True]
    assert outcome.results[0].unexpected == 5, "no day is JSON"
    assert (outcome.rows, outcome.quarantined) == (6, 6)


def test_a_wrong_type_blocks_because_every_row_fails(checks: Checks, frame) -> None:
    line = "expect_column_values_to_be_of_type: {column: id, type_: StringType, policy: quarantine}"
    outcome = run_checkpoint(checks, frame, line)
    assert outcome.blocked
    assert outcome.results[0].observed == "IntegerType"


def test_more_quarantined_rows_than_the_limit_block_the_table(checks: Checks, frame) -> None:
    line = "expect_column_values_to_not_be_null: {column: delay, policy: quarantine}"
    assert not run_checkpoint(checks, frame, line, head="quarantine_limit: 0.2\n").blocked
    outcome = run_checkpoint(checks, frame, line, head="quarantine_limit: 0.1\n")
    assert outcome.blocked
    assert outcome.block_reason.startswith("1 of 6 rows (16.7%) would be quarantined")


def test_more_quarantined_rows_than_the_limit_of_rows_block_the_table(checks: Checks, frame) -> None:
    line = "expect_column_values_to_be_between: {column: month, max_value: 4, policy: quarantine}"
    assert not run_checkpoint(checks, frame, line, head="quarantine_limit: {rows: 3}\n").blocked
    outcome = run_checkpoint(checks, frame, line, head="quarantine_limit: {rows: 2, share: 0.9}\n")
    assert outcome.block_reason.startswith(
        "3 of 6 rows (50.0%) would be quarantined, more than `quarantine_limit.rows: 2`"
    )


def test_more_failing_rows_than_the_threshold_quarantine_nothing_and_block(checks: Checks, frame) -> None:
    line = "expect_column_values_to_be_between: {column: month, max_value: 4, policy: quarantine, fail_over: {rows: %d}}"
    other = "expect_column_values_to_not_be_null: {column: delay, policy: quarantine}"
    assert (
        run_checkpoint(checks, frame, line % 3, other).blocked,
        run_checkpoint(checks, frame, line % 3).quarantined,
    ) == (
        False,
        3,
    )
    outcome = run_checkpoint(checks, frame, line % 2, other)
    assert (outcome.blocked, outcome.bad, [r.policy for r in outcome.results]) == (
        True,
        None,
        ["fail", "quarantine"],
    )
    assert "3 of 6 rows failed, more than fail_over.rows 2, such as" in failures(outcome)
    assert "yml:2" in failures(outcome)


def test_a_warning_above_its_share_blocks(checks: Checks, frame) -> None:
    line = "expect_column_values_to_not_be_null: {column: delay, severity: info}"
    head = "policy: {info: warn}\nfail_over: {share: %s}\n"
    assert not run_checkpoint(checks, frame, line, head=head % 0.2).blocked
    assert (
        run_checkpoint(checks, frame, line, head=head % 0.1).results[0].over
        == "more than fail_over.share 0.1"
    )


@pytest.mark.parametrize(
    "bounds",
    ["{column: id, min_value: 2013-01-01}", "{column: born, min_value: 2013}", "{column: day, max_value: 1}"],
)
def test_bounds_that_require_fit_refuses_cannot_be_evaluated(checks: Checks, frame, bounds: str) -> None:
    born = frame.selectExpr("*", "DATE'2013-01-01' AS born")
    outcome = run_checkpoint(checks, born, f"expect_column_values_to_be_between: {bounds}")
    assert outcome.results[0].error is not None


def test_a_column_name_in_quotes_is_an_error_of_its_check_alone(checks: Checks, frame) -> None:
    quoted = "expect_column_mean_to_be_between: {column: '\"month\"', min_value: 1}"
    outcome = run_checkpoint(checks, frame, quoted, "expect_column_values_to_not_be_null: id")
    assert [result.success for result in outcome.results] == [False, True]
    assert "write the name without quotes or brackets: month" in failures(outcome)


def test_a_missing_column_is_reported_with_a_similar_one(checks: Checks, frame) -> None:
    outcome = run_checkpoint(checks, frame, "expect_column_values_to_not_be_null: orgin")
    assert "Did you mean `origin`? (conf/checks/flights.yml:2)" in failures(outcome)


@pytest.mark.parametrize("policy", ["fail", "quarantine"])
def test_a_check_that_cannot_be_evaluated_fails_without_affecting_others(
    checks: Checks, frame, policy: str
) -> None:
    outcome = run_checkpoint(
        checks,
        frame,
        f"expect_column_values_to_not_be_null: {{column: nowhere, policy: {policy}}}",
        f"expect_column_values_to_be_between: {{column: day, min_value: 1, policy: {policy}}}",
        "expect_column_values_to_not_be_null: id",
        "expect_table_row_count_to_equal: {value: 6}",
    )
    assert outcome.blocked
    missing, cast, null, count = outcome.results
    assert missing.error is not None
    assert "nowhere" in missing.error
    assert cast.error is not None
    assert (null.success, count.success) == (True, True)
    assert "could not be evaluated" in failures(outcome)


def test_the_error_of_spark_is_reported_in_its_own_words(checks: Checks, frame) -> None:
    outcome = run_checkpoint(
        checks, frame, 'expect_column_values_to_match_regex: {column: origin, regex: "("}'
    )
    assert outcome.results[0].error is not None
    assert "Unclosed group" in outcome.results[0].error


def test_an_empty_frame_is_evaluated_without_an_error(checks: Checks, frame) -> None:
    outcome = run_checkpoint(
        checks,
        frame.limit(0),
        "expect_column_values_to_not_be_null: {column: id, policy: quarantine}",
        "expect_column_values_to_be_unique: id",
        "expect_table_row_count_to_be_between: {min_value: 1}",
    )
    assert [(r.success, r.error) for r in outcome.results] == [(True, None), (True, None), (False, None)]
    assert outcome.results[0].unexpected == 0
    assert outcome.blocked


def test_results_contain_only_values_that_json_can_hold(checks: Checks, frame, spark) -> None:
    typed = frame.selectExpr("id", "CAST(delay AS DECIMAL(10, 2)) AS delay", "DATE'2013-01-01' AS day").where(
        "id = 1"
    )
    outcome = run_checkpoint(
        checks,
        typed,
        "expect_column_values_to_be_between: {column: day, min_value: 2014-01-01, policy: warn}",
        "expect_column_sum_to_be_between: {column: delay, min_value: 100, policy: warn}",
    )
    text = json.dumps([asdict(result) for result in outcome.results])
    assert "2013-01-01" in text
    assert [r.error for r in outcome.results] == [None, None]


def test_names_with_dots_and_spaces_are_checked_and_quarantined(checks: Checks, frame) -> None:
    odd = frame.withColumnRenamed("origin", "home port")
    outcome = run_checkpoint(
        checks, odd, 'expect_column_values_to_not_be_null: {column: "home port", policy: quarantine}'
    )
    assert outcome.quarantined == 1
    assert outcome.good.columns == odd.columns


def test_a_frame_must_not_have_the_column_of_reasons(checks: Checks, frame) -> None:
    taken = frame.withColumnRenamed("day", REASONS_COLUMN)
    with pytest.raises(ConfigError, match=REASONS_COLUMN):
        run_checkpoint(
            checks, taken, "expect_column_values_to_not_be_null: {column: delay, policy: quarantine}"
        )


def test_nothing_of_the_frame_stays_persisted(checks: Checks, frame, spark) -> None:
    before = spark.sparkContext._jsc.getPersistentRDDs().size()
    run_checkpoint(checks, frame, "expect_column_values_to_not_be_null: {column: delay, policy: quarantine}")
    assert spark.sparkContext._jsc.getPersistentRDDs().size() == before


def test_a_suite_that_was_validated_before_is_evaluated_without_great_expectations(
    checks: Checks, frame
) -> None:
    line = "expect_column_values_to_be_in_set: {column: origin, value_set: [JFK]}"
    before = run_checkpoint(checks, frame, line)
    again = Checks(checks.settings)
    again.validate(again.find_suite("flights"))
    assert run_checkpoint(again, frame, line).results == before.results
    assert not again._library.is_started


def test_a_table_without_a_file_has_no_suite(checks: Checks) -> None:
    assert checks.find_suite("nowhere") is None
    assert checks.load_suites() == {}
