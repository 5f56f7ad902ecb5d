"""Models that several Sparks saved, each with that Spark's own answers: compiled from their files, no Spark here.

`scripts/make_saved_models.py`, run by an interpreter with the Spark in question, makes them.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparkops.compiler import compile_stages, fields_from_spark
from sparkops.scoring import Scorer
from sparkops.scoring.artifact.certificate import find_differences, read_cases

HOME = Path(__file__).parents[1] / "saved_models"
MODELS = sorted(HOME.glob("spark-*/*"))
COVERED = {
    "StringIndexerModel", "OneHotEncoderModel", "ImputerModel", "Bucketizer", "VectorAssembler",
    "StandardScalerModel", "MinMaxScalerModel", "MaxAbsScalerModel", "RobustScalerModel", "IndexToString",
    "LogisticRegressionModel", "LinearRegressionModel", "KMeansModel",
    "DecisionTreeClassificationModel", "DecisionTreeRegressionModel",
    "RandomForestClassificationModel", "RandomForestRegressionModel",
    "GBTClassificationModel", "GBTRegressionModel",
    "RegexTokenizer", "StopWordsRemover", "HashingTF", "IDFModel", "NaiveBayesModel",
    "Tokenizer", "NGram", "CountVectorizerModel", "LinearSVCModel",
    "PolynomialExpansion", "PCAModel", "Normalizer", "GeneralizedLinearRegressionModel",
    "VectorIndexerModel", "BisectingKMeansModel",
}  # fmt: skip
SPARKS = ("spark-4.0", "spark-4.1", "spark-4.2")


def scorer_of(folder: Path) -> Scorer:
    fields = fields_from_spark(json.loads((folder / "fields.json").read_text("utf-8")))
    return Scorer(compile_stages(folder / "model", fields).require_description(), raw=True)


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_what_any_spark_4_saved_answers_as_that_spark_did(folder: Path) -> None:
    cases = read_cases((folder / "rows.jsonl").read_text("utf-8"))
    scorer = scorer_of(folder)
    outputs = {output.column for output in scorer.outputs if output.column is not None}
    answered = [answer for _, answer in cases if isinstance(answer, dict)]
    assert len(cases) >= 15
    assert all(set(answer) == outputs for answer in answered)
    assert [f"{each}; {cases[each.index][0]}" for each in find_differences(scorer, cases)] == []


@pytest.mark.parametrize("spark", SPARKS)
def test_each_sparks_models_cover_the_stages(spark: str) -> None:
    saved = (
        json.loads(file.read_text("utf-8")) for file in (HOME / spark).glob("*/model/**/metadata/part-*")
    )
    assert {each["class"].rpartition(".")[2] for each in saved} >= COVERED


def test_the_models_stay_small_and_carry_no_checksums() -> None:
    files = [file for file in HOME.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 1_000_000
    assert not [file for file in files if file.suffix == ".crc"]
