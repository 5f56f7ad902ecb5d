"""The fitted stages of Spark ML, and the file of each in compiler, scorer, ONNX export and parity cases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sparkops.scoring.stages.registry import STAGES

_WORD_STARTS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class SparkStage:
    """One fitted stage.

    Args:
        group: Folder of its files.
        class_name: The public class that a user writes: a transformer, or the estimator that fits it.
        saved_as: Class name that Spark saves.
    """

    group: str
    class_name: str
    saved_as: str

    @property
    def path(self) -> str:
        """Return the path of its files below `stages` and `cases`: its group, and its class name in snake case."""
        return f"{self.group}/{_WORD_STARTS.sub('_', self.class_name).lower()}"


def _group(group: str, **saved_as: str) -> tuple[SparkStage, ...]:
    return tuple(SparkStage(group, name, saved) for name, saved in saved_as.items())


SPARK_STAGES: tuple[SparkStage, ...] = (
    *_group("feature", RFormula="RFormulaModel", SQLTransformer="SQLTransformer"),
    *_group(
        "feature/text",
        CountVectorizer="CountVectorizerModel",
        HashingTF="HashingTF",
        IDF="IDFModel",
        NGram="NGram",
        RegexTokenizer="RegexTokenizer",
        StopWordsRemover="StopWordsRemover",
        Tokenizer="Tokenizer",
        Word2Vec="Word2VecModel",
    ),
    *_group(
        "feature/categorical",
        FeatureHasher="FeatureHasher",
        IndexToString="IndexToString",
        OneHotEncoder="OneHotEncoderModel",
        StringIndexer="StringIndexerModel",
        TargetEncoder="TargetEncoderModel",
        VectorIndexer="VectorIndexerModel",
    ),
    *_group(
        "feature/numeric",
        Binarizer="Binarizer",
        Bucketizer="Bucketizer",
        ElementwiseProduct="ElementwiseProduct",
        Imputer="ImputerModel",
        MaxAbsScaler="MaxAbsScalerModel",
        MinMaxScaler="MinMaxScalerModel",
        Normalizer="Normalizer",
        QuantileDiscretizer="Bucketizer",
        RobustScaler="RobustScalerModel",
        StandardScaler="StandardScalerModel",
    ),
    *_group(
        "feature/vector",
        ChiSqSelector="ChiSqSelectorModel",
        DCT="DCT",
        Interaction="Interaction",
        PCA="PCAModel",
        PolynomialExpansion="PolynomialExpansion",
        UnivariateFeatureSelector="UnivariateFeatureSelectorModel",
        VarianceThresholdSelector="VarianceThresholdSelectorModel",
        VectorAssembler="VectorAssembler",
        VectorSizeHint="VectorSizeHint",
        VectorSlicer="VectorSlicer",
    ),
    *_group(
        "feature/lsh",
        BucketedRandomProjectionLSH="BucketedRandomProjectionLSHModel",
        MinHashLSH="MinHashLSHModel",
    ),
    *_group(
        "classification",
        DecisionTreeClassifier="DecisionTreeClassificationModel",
        FMClassifier="FMClassificationModel",
        GBTClassifier="GBTClassificationModel",
        LinearSVC="LinearSVCModel",
        LogisticRegression="LogisticRegressionModel",
        MultilayerPerceptronClassifier="MultilayerPerceptronClassificationModel",
        NaiveBayes="NaiveBayesModel",
        OneVsRest="OneVsRestModel",
        RandomForestClassifier="RandomForestClassificationModel",
    ),
    *_group(
        "regression",
        AFTSurvivalRegression="AFTSurvivalRegressionModel",
        DecisionTreeRegressor="DecisionTreeRegressionModel",
        FMRegressor="FMRegressionModel",
        GBTRegressor="GBTRegressionModel",
        GeneralizedLinearRegression="GeneralizedLinearRegressionModel",
        IsotonicRegression="IsotonicRegressionModel",
        LinearRegression="LinearRegressionModel",
        RandomForestRegressor="RandomForestRegressionModel",
    ),
    *_group(
        "clustering",
        BisectingKMeans="BisectingKMeansModel",
        GaussianMixture="GaussianMixtureModel",
        KMeans="KMeansModel",
        LDA="LocalLDAModel",
    ),
    *_group("recommendation", ALS="ALSModel"),
    *_group("fpm", FPGrowth="FPGrowthModel"),
)
DISCRETIZER = "QuantileDiscretizer"
# Further classes that Spark saves, with the public class whose compiler file has them.
PRIVATE_STAGES = {
    "ColumnPruner": "RFormula",
    "VectorAttributeRewriter": "RFormula",
    "DistributedLDAModel": "LDA",
}
SAVED_STAGES = tuple(stage.saved_as for stage in SPARK_STAGES if stage.class_name != DISCRETIZER)

_TREES = (
    "DecisionTreeClassifier", "DecisionTreeRegressor", "GBTClassifier", "GBTRegressor", "RandomForestClassifier",
    "RandomForestRegressor",
)  # fmt: skip
# Operations that several Spark classes compile to, by the name of their file in `stages/shared`.
SHARED_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "affine_transform": (
        "ElementwiseProduct", "IDF", "MaxAbsScaler", "MinMaxScaler", "RobustScaler", "StandardScaler",
    ),
    "factorization_machine": ("FMClassifier", "FMRegressor"),
    "slot_selection": (
        "ChiSqSelector", "UnivariateFeatureSelector", "VarianceThresholdSelector", "VectorSlicer",
    ),
    "tree_leaves": _TREES,
    "tree_prediction": _TREES,
}  # fmt: skip

_ANY_MODE = "error keep skip"
# Values of `handleInvalid` by stage.
MODES = {
    "Bucketizer": _ANY_MODE,
    "OneHotEncoderModel": "error keep",
    "QuantileDiscretizer": _ANY_MODE,
    "RFormulaModel": _ANY_MODE,
    "StringIndexerModel": _ANY_MODE,
    "TargetEncoderModel": "error keep",
    "VectorAssembler": _ANY_MODE,
    "VectorIndexerModel": _ANY_MODE,
    "VectorSizeHint": "error optimistic skip",
}


def operation_path(op: str) -> str:
    """Return the path of an operation's file below `scoring/stages`, without its suffix."""
    module = type(STAGES[op]).__module__
    return module.removeprefix("sparkops.scoring.stages.").replace(".", "/")


def saved_stages_of(op: str) -> tuple[str, ...]:
    """Return the saved class names of the stages that compile to an operation."""
    path = operation_path(op)
    classes = SHARED_OPERATIONS.get(path.removeprefix("shared/"), ())
    return tuple(
        stage.saved_as for stage in SPARK_STAGES if stage.path == path or stage.class_name in classes
    )
