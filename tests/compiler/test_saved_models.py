"""Models saved by several versions of Spark give the answers of that version, without Spark.

`scripts/make_saved_models.py` writes them, run by an interpreter with the version in question.
"""

from __future__ import annotations

import json
from math import inf
from pathlib import Path

import pytest

from sparkops.compiler import compile_stages, fields_from_spark
from sparkops.errors import RowError
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
SPARKS = ("spark-3.4", "spark-3.5", "spark-4.0", "spark-4.1", "spark-4.2")

# After a VectorIndexer the scorer does not know how Spark stores a vector, which decides the cluster of these rows.
UNDECIDED = [("grouped", {"x": inf, "n": 1})]


def scorer_of(folder: Path) -> Scorer:
    fields = fields_from_spark(json.loads((folder / "fields.json").read_text("utf-8")))
    return Scorer(compile_stages(folder / "model", fields).require_description(), raw=True)


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_a_saved_model_answers_as_the_spark_that_saved_it(folder: Path) -> None:
    cases = read_cases((folder / "rows.jsonl").read_text("utf-8"))
    scorer = scorer_of(folder)
    outputs = {output.column for output in scorer.outputs if output.column is not None}
    answered = [answer for _, answer in cases if isinstance(answer, dict)]
    assert len(cases) >= 15
    assert all(set(answer) == outputs for answer in answered)
    assert [
        f"{difference}; {cases[difference.index][0]}"
        for difference in find_differences(scorer, cases)
        if (folder.name, cases[difference.index][0]) not in UNDECIDED
    ] == []


@pytest.mark.parametrize("spark", SPARKS)
def test_a_row_is_refused_if_unknown_storage_of_a_vector_decides_its_cluster(spark: str) -> None:
    for name, row in UNDECIDED:
        with pytest.raises(RowError, match="depends on whether it stores the vector sparse"):
            scorer_of(HOME / spark / name).score(row)


@pytest.mark.parametrize("spark", SPARKS)
def test_the_models_of_each_spark_cover_the_stages(spark: str) -> None:
    saved = (
        json.loads(file.read_text("utf-8")) for file in (HOME / spark).glob("*/model/**/metadata/part-*")
    )
    assert {metadata["class"].rpartition(".")[2] for metadata in saved} >= COVERED


def test_the_models_are_small_and_without_checksum_files() -> None:
    files = [file for file in HOME.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 1_000_000
    assert not [file for file in files if file.suffix == ".crc"]
