"""docs/onnx.md says of every stage what the code does with it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from parity.known import ALL

from sparkops.compiler import compile_stages, fields_from_spark
from sparkops.onnx.sql.arithmetic import ARITHMETIC
from sparkops.onnx.sql.conditional import CONDITIONALS
from sparkops.onnx.stages.registry import UNSUPPORTED
from sparkops.scoring.stages.registry import STAGES

MODELS = sorted((Path(__file__).parents[1] / "saved_models").glob("spark-*/*"))
# What the compiler makes of each stage; RFormula holds others of these, and LDA is scored by Spark.
MADE = {
    "rescale": "ElementwiseProduct IDFModel MaxAbsScalerModel MinMaxScalerModel RobustScalerModel StandardScalerModel",
    "pick_slots": "ChiSqSelectorModel UnivariateFeatureSelectorModel VarianceThresholdSelectorModel VectorSlicer",
    "trees": "DecisionTreeClassificationModel DecisionTreeRegressionModel GBTClassificationModel GBTRegressionModel "
    "RandomForestClassificationModel RandomForestRegressionModel",
    "tree_leaves": "DecisionTreeClassificationModel DecisionTreeRegressionModel GBTClassificationModel GBTRegressionModel "
    "RandomForestClassificationModel RandomForestRegressionModel",
    "factorization": "FMClassificationModel FMRegressionModel",
    "assemble": "VectorAssembler", "average_words": "Word2VecModel", "binarize": "Binarizer", "bisecting": "BisectingKMeansModel",
    "bucketize": "Bucketizer", "count_words": "CountVectorizerModel", "dct": "DCT", "glm": "GeneralizedLinearRegressionModel",
    "hash_features": "FeatureHasher", "hash_words": "HashingTF", "impute": "ImputerModel", "index_to_string": "IndexToString",
    "interact": "Interaction", "isotonic": "IsotonicRegressionModel", "kmeans": "KMeansModel", "linear": "LinearRegressionModel",
    "logistic": "LogisticRegressionModel", "min_hash": "MinHashLSHModel", "mixture": "GaussianMixtureModel",
    "naive_bayes": "NaiveBayesModel", "ngram": "NGram", "normalize": "Normalizer", "one_hot": "OneHotEncoderModel",
    "one_vs_rest": "OneVsRestModel", "perceptron": "MultilayerPerceptronClassificationModel",
    "polynomial": "PolynomialExpansion", "project": "PCAModel", "projection_hash": "BucketedRandomProjectionLSHModel",
    "recommend": "ALSModel", "remove_words": "StopWordsRemover", "rules": "FPGrowthModel", "select": "SQLTransformer",
    "string_index": "StringIndexerModel", "survival": "AFTSurvivalRegressionModel", "svc": "LinearSVCModel",
    "target_encode": "TargetEncoderModel", "tokenize": "Tokenizer", "tokenize_by_pattern": "RegexTokenizer",
    "vector_index": "VectorIndexerModel", "vector_size": "VectorSizeHint", "where": "SQLTransformer",
}  # fmt: skip
OTHERWISE = {
    "LocalLDAModel": "no: only Spark scores it",
    "RFormulaModel": "yes: as the stages that it holds",
    "SQLTransformer": "in part: see below",
}


def test_the_page_tells_of_every_stage_what_the_code_does() -> None:
    page = (Path(__file__).parents[2] / "docs" / "onnx.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE))
    known = {
        stage: f"no: {UNSUPPORTED[op]}" if op in UNSUPPORTED else "yes"
        for op, kinds in MADE.items()
        for stage in kinds.split()
    }
    assert set(MADE) == set(STAGES)
    assert set(told) == set(ALL)
    assert told == known | OTHERWISE
    assert all(f"`{op}`" in page.rpartition("|\n")[2] for op in (*ARITHMETIC, *CONDITIONALS))


def test_the_saved_models_are_made_of_what_the_page_says() -> None:
    for folder in MODELS:
        fields = fields_from_spark(json.loads((folder / "fields.json").read_text("utf-8")))
        for step in compile_stages(folder / "model", fields).require_description().steps:
            assert step.stage.split()[0] in MADE[step.op].split()
