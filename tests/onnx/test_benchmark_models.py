"""The models of scripts/benchmarks are valid, so that the benchmarks run."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from benchmarks.model_kinds import build_model_kinds
from sparkops.scoring.artifact.scorer_folder import load, save


def test_every_model_that_is_measured_can_be_saved_loaded_and_scored(tmp_path: Path) -> None:
    for number, kind in enumerate(build_model_kinds()):
        save(kind.scorer_model, tmp_path / str(number))
        assert load(tmp_path / str(number)).score(kind.rows(1)[0])
