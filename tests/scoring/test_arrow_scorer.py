"""Arrow batches are scored as rows are, in every encoding of text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from scoring.example_models import flights

from sparkops.errors import RowError
from sparkops.scoring import Field, Scorer
from sparkops.scoring.arrow_scorer import ArrowScorer
from sparkops.scoring.batch.arrow_columns import read_batch_columns
from sparkops.scoring.batch.reader import read_slice

CARRIERS = ["AA", "UA", "AA", "B6"] * 5
FORMS = {
    "text": lambda values: pa.array(values, pa.string()),
    "large text": lambda values: pa.array(values, pa.large_string()),
    "a dictionary": lambda values: pa.array(values, pa.string()).dictionary_encode(),
}


def batch(carriers: Any) -> pa.RecordBatch:
    count = len(carriers)
    numbers = {"distance": pa.array(range(count), pa.int32()), "temp": pa.array([None, 1.5] * (count // 2))}
    return pa.RecordBatch.from_pydict({"carrier": carriers, **numbers})


@pytest.mark.parametrize("form", FORMS)
def test_every_arrow_encoding_of_text_is_scored_the_same(form: str) -> None:
    input_batch = batch(FORMS[form](CARRIERS))
    (got,) = ArrowScorer(flights())([input_batch])
    scorer = Scorer(flights())
    rows = batch(pa.array(CARRIERS)).to_pylist()
    assert got.column("label").to_pylist() == [scorer.score(row)["label"] for row in rows]
    assert got.column("carrier").equals(input_batch.column("carrier"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("invalid", ["error", "skip", "keep"])
def test_null_and_unseen_text_are_handled_as_in_rows(form: str, invalid: str) -> None:
    description, carriers = flights(invalid=invalid), [*CARRIERS, None, "??"]
    scorer, input_batch = Scorer(description), batch(FORMS[form](carriers))
    answers = [scorer.answer(row) for row in batch(pa.array(carriers)).to_pylist()]
    if "refused" in answers:
        with pytest.raises(RowError, match="carrier"):
            list(ArrowScorer(description)([input_batch]))
        return
    (got,) = ArrowScorer(description)([input_batch])
    predictions = [answer["prediction"] for answer in answers if isinstance(answer, dict)]
    assert got.column("prediction").to_pylist() == predictions
    assert len(predictions) == len(carriers) - 2 * (invalid == "skip")


def test_a_timestamp_is_read_in_the_time_zone_of_its_batch() -> None:
    field = Field("at", "timestamp")
    moments = pa.array([datetime(2013, 1, 2, 3, tzinfo=UTC), None], pa.timestamp("us", "America/New_York"))
    columns = read_batch_columns(pa.RecordBatch.from_pydict({"at": moments}), [field])
    column = read_slice(field, columns["at"], 0, 2)
    assert column is not None
    assert column.get_slot(0).tolist() == [datetime(2013, 1, 1, 22), None]
