"""Values that no field takes, in every golden model: each is scored or refused as a row, by row and in batches."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sparkops.errors import RowError
from sparkops.scoring import load, read_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE

ARTIFACTS = sorted((Path(__file__).parent.parent / "golden").glob("v*/artifacts/*"))
HUGE, NAN = 10**400, float("nan")
VALUES: tuple[Any, ...] = (
    None, True, -1, 2**31, 2**63, 2**64, -(2**63) - 1, HUGE, -HUGE, 10**5000, 1.5, -0.0, NAN, float("inf"), 5e-324, 1.8e308,
    "", "x" * 1000, "\ud800", "1_000", "\0", b"x", Decimal(1), object(), np.float32(1), np.int64(3), "2020-01-01", "9999-99-99",
    [], [1], [HUGE], [[]], [None], ["\ud800"], [0.0] * 5, [1e308] * 5, [1, 2, 3, 4, NAN], [1, 2, 3, 4, HUGE],
    {}, {"type": 1}, {"type": 0}, {"type": 0, "size": 5, "indices": [1], "values": [HUGE]}, {"type": 1, "values": [HUGE] * 5},
)  # fmt: skip


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("folder", ARTIFACTS, ids=lambda folder: f"{folder.parts[-3]}-{folder.name}")
def test_a_hostile_value_is_scored_or_refused(folder: Path) -> None:
    scorer = load(folder, rules="refuse")
    cases = read_cases((folder / CERTIFICATE).read_text("utf-8"))
    good = next(row for row, answer in cases if isinstance(answer, dict))
    for field in scorer.fields:
        for value in VALUES:
            row = {**good, field.name: value}
            columns = {name: [good[name], row[name]] for name in good}
            for score, data in (
                (scorer.score, row),
                (scorer.score_batch, [good, row]),
                (scorer.score_batch, columns),
            ):
                try:
                    score(data)
                except RowError as error:
                    # Its message can be shown.
                    assert str(error)
