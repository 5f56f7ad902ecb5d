"""Every compiler by the short name of the Spark class: where a new stage is added."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import Saved

from . import classifiers, clusters, features, recommenders, regressors, text, vectors
from .classification import one_vs_rest
from .feature import r_formula, sql_transformer
from .shared import predictor, tree_ensemble

Compile = Callable[[Saved, Plan], None]

CLASSIFIERS: Mapping[str, Compile] = {
    "LogisticRegressionModel": predictor.logistic_regression,
    "LinearSVCModel": classifiers.linear_svc,
    "NaiveBayesModel": classifiers.naive_bayes,
    "MultilayerPerceptronClassificationModel": classifiers.perceptron,
    "FMClassificationModel": classifiers.factorization_classifier,
    "DecisionTreeClassificationModel": tree_ensemble.tree_classifier,
    "RandomForestClassificationModel": tree_ensemble.forest_classifier,
    "GBTClassificationModel": tree_ensemble.boosted_classifier,
}

COMPILERS: Mapping[str, Compile] = {
    "StringIndexerModel": features.string_indexer,
    "OneHotEncoderModel": features.one_hot_encoder,
    "ImputerModel": features.imputer,
    "Bucketizer": features.bucketizer,
    "VectorAssembler": features.vector_assembler,
    "StandardScalerModel": features.standard_scaler,
    "MinMaxScalerModel": features.min_max_scaler,
    "IndexToString": features.index_to_string,
    "LinearRegressionModel": predictor.linear_regression,
    "FMRegressionModel": classifiers.factorization_regressor,
    "OneVsRestModel": partial(one_vs_rest.one_vs_rest, CLASSIFIERS),
    "GeneralizedLinearRegressionModel": regressors.generalized_linear,
    "AFTSurvivalRegressionModel": regressors.survival,
    "IsotonicRegressionModel": regressors.isotonic,
    "KMeansModel": clusters.kmeans,
    "BisectingKMeansModel": clusters.bisecting_kmeans,
    "GaussianMixtureModel": clusters.gaussian_mixture,
    "LocalLDAModel": clusters.topics,
    "DistributedLDAModel": clusters.topics,
    "ALSModel": recommenders.als,
    "FPGrowthModel": recommenders.fp_growth,
    "DecisionTreeRegressionModel": tree_ensemble.tree_regressor,
    "RandomForestRegressionModel": tree_ensemble.forest_regressor,
    "GBTRegressionModel": tree_ensemble.boosted_regressor,
    "Tokenizer": text.tokenizer,
    "RegexTokenizer": text.regex_tokenizer,
    "NGram": text.ngram,
    "StopWordsRemover": text.stop_words_remover,
    "HashingTF": text.hashing_tf,
    "CountVectorizerModel": text.count_vectorizer,
    "IDFModel": text.idf,
    "Word2VecModel": text.word2vec,
    "FeatureHasher": text.feature_hasher,
    "Binarizer": vectors.binarizer,
    "DCT": vectors.dct,
    "ElementwiseProduct": vectors.elementwise_product,
    "MaxAbsScalerModel": vectors.max_abs_scaler,
    "RobustScalerModel": vectors.robust_scaler,
    "Normalizer": vectors.normalizer,
    "PolynomialExpansion": vectors.polynomial_expansion,
    "VectorSlicer": vectors.vector_slicer,
    "VectorSizeHint": vectors.vector_size_hint,
    "ChiSqSelectorModel": vectors.selector,
    "UnivariateFeatureSelectorModel": vectors.selector,
    "VarianceThresholdSelectorModel": vectors.selector,
    "PCAModel": vectors.pca,
    "Interaction": vectors.interaction,
    "SQLTransformer": sql_transformer.sql_transformer,
    "RFormulaModel": r_formula.r_formula,
    "ColumnPruner": r_formula.column_pruner,
    "VectorAttributeRewriter": r_formula.attribute_rewriter,
    "VectorIndexerModel": vectors.vector_indexer,
    "TargetEncoderModel": vectors.target_encoder,
    "BucketedRandomProjectionLSHModel": vectors.projection_hash,
    "MinHashLSHModel": vectors.min_hash,
    **CLASSIFIERS,
}
