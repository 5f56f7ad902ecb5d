"""The scorer over a local Spark, with a fake of that Spark: rows, batches, outputs, rules and HTTP as with a compiled scorer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes.http import Client
from fakes.spark_worker import MANIFEST, FixedWorker

from sparkops.errors import ModelError, RowError, RowRejected, UnknownName
from sparkops.pyfunc.worker.manifest import read_manifest, verify_folder, write_manifest
from sparkops.pyfunc.worker.spark_scorer import SparkRowScorer
from sparkops.pyfunc.worker.spark_worker_main import describe, explain_load_error
from sparkops.scoring.protocol import ManyRowScorer, RowScorer
from sparkops.serving.app import create_app
from sparkops.serving.service import Service

ROW: dict[str, Any] = {"x": 1.5, "n": 2, "price": "12.34", "day": "2024-02-29", "v": [1, 2]}
LARGE = {"prediction": 1.0, "probability": [0.25, 0.75], "label": "large"}
EMPTY = dict.fromkeys(LARGE)


@pytest.fixture
def worker() -> FixedWorker:
    return FixedWorker()


@pytest.fixture
def scorer(worker: FixedWorker) -> SparkRowScorer:
    return SparkRowScorer(MANIFEST, worker)


def test_it_implements_the_interface_of_scorers(scorer: SparkRowScorer) -> None:
    row_scorer: RowScorer = scorer
    assert isinstance(row_scorer, ManyRowScorer)
    assert (row_scorer.is_fast, row_scorer.reference, row_scorer.version) == (
        False,
        "Spark",
        "feedfacefeedface",
    )


def test_a_row_is_sent_in_the_types_of_the_fields(scorer: SparkRowScorer, worker: FixedWorker) -> None:
    assert scorer.score({**ROW, "price": Decimal("123456789012345678.90")}) == LARGE
    assert worker.requests == [
        [{"x": 1.5, "n": 2, "price": "123456789012345678.90", "day": "2024-02-29", "v": [1.0, 2.0]}]
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": "1"}, r"Field `x` takes a double"),
        ({"n": None}, r"Field `n` may not be null"),
        ({"n": 2**31}, r"Field `n` takes an integer"),
        ({"price": 1.255}, r"Field `price` takes a decimal\(20,2\)"),
        ({"day": "2024-02-30"}, r"Field `day` takes a date"),
        ({"v": [1.0]}, r"Field `v` takes a vector of 2 numbers"),
        ({"other": 1}, r"`other`"),
        ({"x": -1.0}, r"A stage of the model refuses this row: ValueError: negative"),
    ],
)
def test_a_row_that_cannot_be_scored_is_an_error(
    scorer: SparkRowScorer, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(RowError, match=message):
        scorer.score({**ROW, **change})
    assert scorer.answer({**ROW, **change}) == "refused"


def test_null_is_an_answer_and_a_dropped_row_is_not(scorer: SparkRowScorer) -> None:
    assert scorer.score({**ROW, "x": None}) == EMPTY
    with pytest.raises(RowRejected, match="drops this row"):
        scorer.score({**ROW, "day": None})
    assert scorer.answer({**ROW, "day": None}) == "dropped"


def test_many_rows_are_one_request_unless_one_is_refused(scorer: SparkRowScorer, worker: FixedWorker) -> None:
    assert scorer.score_rows([ROW] * 8) == [LARGE] * 8
    assert len(worker.requests) == 1
    rows = [ROW, {**ROW, "x": -1.0}, {**ROW, "n": "?"}, {**ROW, "day": None}, ROW]
    first, refused, mistyped, dropped, last = scorer.score_rows(rows)
    assert first == last == LARGE
    assert [type(error) for error in (refused, mistyped, dropped)] == [RowError, RowError, RowRejected]


def test_a_batch_names_the_first_refused_row_and_masks_dropped_ones(scorer: SparkRowScorer) -> None:
    batch = scorer.score_batch([ROW, {**ROW, "day": None}, {**ROW, "x": None}])
    assert batch.rejected.tolist() == [False, True, False]
    assert batch.rows() == [LARGE, None, EMPTY]
    with pytest.raises(RowError, match=r"Row 2: A stage of the model refuses"):
        scorer.score_batch([ROW, ROW, {**ROW, "x": -1.0}, {**ROW, "x": -1.0}])


def test_columns_and_an_empty_batch(scorer: SparkRowScorer, worker: FixedWorker) -> None:
    columns = {
        "x": np.ma.masked_array([1.0, 2.0], [False, True]), "n": np.array([1, 2]), "price": [Decimal("0.10"), None],
        "day": [date(2024, 2, 29)] * 2, "v": np.ones((2, 2)),
    }  # fmt: skip
    assert scorer.score_batch(columns).rows() == [LARGE, EMPTY]
    sent = len(worker.requests)
    assert scorer.score_batch([]).columns["probability"].shape == (0, 2)
    assert len(worker.requests) == sent


def test_outputs_are_chosen_in_order(scorer: SparkRowScorer) -> None:
    chosen = scorer.with_outputs(["day_after", "label", "n2"])
    assert chosen.score(ROW) == {"day_after": date(2024, 2, 29), "label": "large", "n2": 2}
    assert chosen.score_batch([ROW, {**ROW, "x": None}]).cells("n2") == [2, None]
    with pytest.raises(UnknownName, match=r"No output `nope`. Known: .*day_after"):
        scorer.with_outputs(["nope"])


def test_an_explanation_is_refused(scorer: SparkRowScorer) -> None:
    with pytest.raises(ModelError, match="has no explanation"):
        scorer.score(ROW, explain=True)


def test_the_http_application_serves_it_like_a_compiled_scorer(
    scorer: SparkRowScorer, worker: FixedWorker
) -> None:
    client = Client(create_app(Service(scorer)))
    rows = [ROW, {**ROW, "day": None}, {**ROW, "x": -1}, {**ROW, "n": 1.5}, {**ROW, "z": 1}]
    answer = client.post("/invocations?on_error=null&outputs=prediction", json={"dataframe_records": rows})
    content = answer.json()
    assert [row["prediction"] for row in content["predictions"]] == [1.0, None, None, None, 1.0]
    assert content["rejected"] == [{"row": 1, "reason": "A stage of the model drops this row."}]
    assert [(error["row"], error.get("field")) for error in content["errors"]] == [(2, None), (3, "n")]
    refused = client.post("/invocations", json={"dataframe_records": rows})
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("Row 2: A stage of the model refuses this row")


def test_a_failed_spark_is_answered_503() -> None:
    class FailedWorker(FixedWorker):
        def transform(self, rows: Any, columns: Any) -> Any:
            raise ModelError("The process of the model ended twice.")

    client = Client(create_app(Service(SparkRowScorer(MANIFEST, FailedWorker()))))
    answer = client.post("/invocations", json={"dataframe_records": [ROW]})
    assert answer.status_code == 503
    assert "ended twice" in answer.json()["message"]


def test_a_manifest_is_read_as_it_was_written_and_guards_its_folder(tmp_path: Path) -> None:
    session = {"spark.sql.session.timeZone": "Europe/Paris"}
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "stages.py").write_text("ONE = 1\n")
    written = write_manifest(replace(MANIFEST, session=session), tmp_path)
    assert read_manifest(tmp_path) == written
    (tmp_path / "flavor.json").write_text("{}")
    with pytest.raises(ModelError, match=r"flavor.json was added"):
        verify_folder(tmp_path, written.hash)
    (tmp_path / "flavor.json").unlink()
    (tmp_path / "code" / "stages.py").write_text("ONE = 2\n")
    with pytest.raises(ModelError, match=r"code/stages.py was changed"):
        verify_folder(tmp_path, written.hash)


class JavaError(Exception):
    """An error with the trace of the JVM, as pyspark raises it."""

    _stackTrace = (  # noqa: N815 - as in pyspark
        "org.apache.spark.SparkException: failed\n\tat a.b(C)\nCaused by: java.lang.RuntimeException: x\n\tat d.e(F)\n"
        "Caused by: org.apache.spark.SparkException: Encountered null. Consider\nremoving nulls.\n\tat g.h(I)\n"
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (JavaError("failed"), "Encountered null. Consider removing nulls."),
        (ValueError("no such column"), "ValueError: no such column"),
        (RuntimeError('Traceback (most recent call last):\n  File "x"\nValueError: negative amount -1'),
         "ValueError: negative amount -1"),
    ],
)  # fmt: skip
def test_the_reason_is_what_the_stage_says(error: Exception, reason: str) -> None:
    assert describe(error) == reason


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RuntimeError("java.lang.ClassNotFoundException: com.acme.SomeModel"),
         "Spark does not find the class com.acme.SomeModel: add the jar that contains it to the setting spark.jars"),
        (TypeError("'JavaPackage' object is not callable"), "a class of one of its stages: add the jar"),
        (ModuleNotFoundError("No module named 'acme'"), "No module named 'acme'): install the package that defines it"),
        (RuntimeError("damaged"), "RuntimeError: damaged"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_loaded_says_what_to_install(error: Exception, reason: str) -> None:
    assert reason in explain_load_error(error)
