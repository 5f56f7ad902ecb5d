"""The kinds of fitted stages of Spark ML, by the names that Spark saves them under: 60, and QuantileDiscretizer saved as one of them."""

from __future__ import annotations

FEATURES = (
    "Binarizer", "BucketedRandomProjectionLSHModel", "Bucketizer", "ChiSqSelectorModel", "CountVectorizerModel", "DCT",
    "ElementwiseProduct", "FeatureHasher", "HashingTF", "IDFModel", "ImputerModel", "IndexToString", "Interaction",
    "MaxAbsScalerModel", "MinHashLSHModel", "MinMaxScalerModel", "NGram", "Normalizer", "OneHotEncoderModel",
    "PCAModel", "PolynomialExpansion", "RFormulaModel", "RegexTokenizer", "RobustScalerModel", "SQLTransformer",
    "StandardScalerModel", "StopWordsRemover", "StringIndexerModel", "TargetEncoderModel", "Tokenizer",
    "UnivariateFeatureSelectorModel", "VarianceThresholdSelectorModel", "VectorAssembler", "VectorIndexerModel",
    "VectorSizeHint", "VectorSlicer", "Word2VecModel",
)  # fmt: skip
CLASSIFIERS = (
    "DecisionTreeClassificationModel", "FMClassificationModel", "GBTClassificationModel", "LinearSVCModel",
    "LogisticRegressionModel", "MultilayerPerceptronClassificationModel", "NaiveBayesModel", "OneVsRestModel",
    "RandomForestClassificationModel",
)  # fmt: skip
REGRESSORS = (
    "AFTSurvivalRegressionModel", "DecisionTreeRegressionModel", "FMRegressionModel", "GBTRegressionModel",
    "GeneralizedLinearRegressionModel", "IsotonicRegressionModel", "LinearRegressionModel",
    "RandomForestRegressionModel",
)  # fmt: skip
OTHERS = (
    "ALSModel", "BisectingKMeansModel", "FPGrowthModel", "GaussianMixtureModel", "KMeansModel", "LocalLDAModel",
)  # fmt: skip
WRAPPERS = ("CrossValidatorModel", "PipelineModel", "TrainValidationSplitModel")
ALL = (*FEATURES, *CLASSIFIERS, *REGRESSORS, *OTHERS)
SCORED_BY_SPARK = ("LocalLDAModel",)
# What `handleInvalid` may be, by stage.
_ANY = "error keep skip"
MODES = {
    "Bucketizer": _ANY,
    "OneHotEncoderModel": "error keep",
    "QuantileDiscretizer": _ANY,
    "RFormulaModel": _ANY,
    "StringIndexerModel": _ANY,
    "TargetEncoderModel": "error keep",
    "VectorAssembler": _ANY,
    "VectorIndexerModel": _ANY,
    "VectorSizeHint": "error optimistic skip",
}
