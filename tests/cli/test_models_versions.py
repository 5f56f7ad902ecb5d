"""A model version as lines."""

from __future__ import annotations

from sparkops.cli.models.versions import format_version
from sparkops.pipeline.model_version_info import ModelVersionInfo

RACE = {"transform": 28.8, "mapInArrow": 13.75, "rows": 40000.0}
KNOWN = {
    "name": "late",
    "version": 3,
    "run_id": "r",
    "mlflow_run": "m",
    "uri": "models:/late/3",
    "parity": 412,
}


def test_the_speed_of_both_scoring_modes_is_shown_if_it_was_measured() -> None:
    lines = list(format_version(ModelVersionInfo(**KNOWN, benchmark=RACE)))
    assert lines[-2:] == [
        "Scorer   compiled; 412 rows equal to Spark's",
        "Batch    13.75 us a row by mapInArrow, 28.8 by transform (40,000 rows, when it was registered)",
    ]
    assert not [line for line in format_version(ModelVersionInfo(**KNOWN)) if line.startswith("Batch")]
