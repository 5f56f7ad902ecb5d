"""The compiler of each stage by the class name that Spark saves: a new stage gets an import and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sparkops.compiler.plan import StageCompiler
from sparkops.compiler.stages.classification import (
    decision_tree_classifier,
    fm_classifier,
    gbt_classifier,
    linear_svc,
    logistic_regression,
    multilayer_perceptron_classifier,
    naive_bayes,
    one_vs_rest,
    random_forest_classifier,
)
from sparkops.compiler.stages.clustering import (
    bisecting_k_means,
    gaussian_mixture,
    k_means,
    lda,
)
from sparkops.compiler.stages.feature import (
    r_formula,
    sql_transformer,
)
from sparkops.compiler.stages.feature.categorical import (
    feature_hasher,
    index_to_string,
    one_hot_encoder,
    string_indexer,
    target_encoder,
    vector_indexer,
)
from sparkops.compiler.stages.feature.lsh import (
    bucketed_random_projection_lsh,
    min_hash_lsh,
)
from sparkops.compiler.stages.feature.numeric import (
    binarizer,
    bucketizer,
    elementwise_product,
    imputer,
    max_abs_scaler,
    min_max_scaler,
    normalizer,
    robust_scaler,
    standard_scaler,
)
from sparkops.compiler.stages.feature.text import (
    count_vectorizer,
    hashing_tf,
    idf,
    n_gram,
    regex_tokenizer,
    stop_words_remover,
    tokenizer,
    word2vec,
)
from sparkops.compiler.stages.feature.vector import (
    chi_sq_selector,
    dct,
    interaction,
    pca,
    polynomial_expansion,
    univariate_feature_selector,
    variance_threshold_selector,
    vector_assembler,
    vector_size_hint,
    vector_slicer,
)
from sparkops.compiler.stages.fpm import fp_growth
from sparkops.compiler.stages.recommendation import als
from sparkops.compiler.stages.regression import (
    aft_survival_regression,
    decision_tree_regressor,
    fm_regressor,
    gbt_regressor,
    generalized_linear_regression,
    isotonic_regression,
    linear_regression,
    random_forest_regressor,
)

_CLASSIFIERS: Mapping[str, StageCompiler] = {
    "DecisionTreeClassificationModel": decision_tree_classifier.compile_decision_tree_classifier,
    "FMClassificationModel": fm_classifier.compile_fm_classifier,
    "GBTClassificationModel": gbt_classifier.compile_gbt_classifier,
    "LinearSVCModel": linear_svc.compile_linear_svc,
    "LogisticRegressionModel": logistic_regression.compile_logistic_regression,
    "MultilayerPerceptronClassificationModel": multilayer_perceptron_classifier.compile_multilayer_perceptron_classifier,
    "NaiveBayesModel": naive_bayes.compile_naive_bayes,
    "RandomForestClassificationModel": random_forest_classifier.compile_random_forest_classifier,
}

COMPILERS: Mapping[str, StageCompiler] = {
    # feature
    "ColumnPruner": r_formula.compile_column_pruner,
    "RFormulaModel": r_formula.compile_r_formula,
    "SQLTransformer": sql_transformer.compile_sql_transformer,
    "VectorAttributeRewriter": r_formula.compile_vector_attribute_rewriter,
    # feature.text
    "CountVectorizerModel": count_vectorizer.compile_count_vectorizer,
    "HashingTF": hashing_tf.compile_hashing_tf,
    "IDFModel": idf.compile_idf,
    "NGram": n_gram.compile_n_gram,
    "RegexTokenizer": regex_tokenizer.compile_regex_tokenizer,
    "StopWordsRemover": stop_words_remover.compile_stop_words_remover,
    "Tokenizer": tokenizer.compile_tokenizer,
    "Word2VecModel": word2vec.compile_word2vec,
    # feature.categorical
    "FeatureHasher": feature_hasher.compile_feature_hasher,
    "IndexToString": index_to_string.compile_index_to_string,
    "OneHotEncoderModel": one_hot_encoder.compile_one_hot_encoder,
    "StringIndexerModel": string_indexer.compile_string_indexer,
    "TargetEncoderModel": target_encoder.compile_target_encoder,
    "VectorIndexerModel": vector_indexer.compile_vector_indexer,
    # feature.numeric
    "Binarizer": binarizer.compile_binarizer,
    "Bucketizer": bucketizer.compile_bucketizer,
    "ElementwiseProduct": elementwise_product.compile_elementwise_product,
    "ImputerModel": imputer.compile_imputer,
    "MaxAbsScalerModel": max_abs_scaler.compile_max_abs_scaler,
    "MinMaxScalerModel": min_max_scaler.compile_min_max_scaler,
    "Normalizer": normalizer.compile_normalizer,
    "RobustScalerModel": robust_scaler.compile_robust_scaler,
    "StandardScalerModel": standard_scaler.compile_standard_scaler,
    # feature.vector
    "ChiSqSelectorModel": chi_sq_selector.compile_chi_sq_selector,
    "DCT": dct.compile_dct,
    "Interaction": interaction.compile_interaction,
    "PCAModel": pca.compile_pca,
    "PolynomialExpansion": polynomial_expansion.compile_polynomial_expansion,
    "UnivariateFeatureSelectorModel": univariate_feature_selector.compile_univariate_feature_selector,
    "VarianceThresholdSelectorModel": variance_threshold_selector.compile_variance_threshold_selector,
    "VectorAssembler": vector_assembler.compile_vector_assembler,
    "VectorSizeHint": vector_size_hint.compile_vector_size_hint,
    "VectorSlicer": vector_slicer.compile_vector_slicer,
    # feature.lsh
    "BucketedRandomProjectionLSHModel": bucketed_random_projection_lsh.compile_bucketed_random_projection_lsh,
    "MinHashLSHModel": min_hash_lsh.compile_min_hash_lsh,
    # classification
    **_CLASSIFIERS,
    "OneVsRestModel": partial(one_vs_rest.compile_one_vs_rest, _CLASSIFIERS),
    # regression
    "AFTSurvivalRegressionModel": aft_survival_regression.compile_aft_survival_regression,
    "DecisionTreeRegressionModel": decision_tree_regressor.compile_decision_tree_regressor,
    "FMRegressionModel": fm_regressor.compile_fm_regressor,
    "GBTRegressionModel": gbt_regressor.compile_gbt_regressor,
    "GeneralizedLinearRegressionModel": generalized_linear_regression.compile_generalized_linear_regression,
    "IsotonicRegressionModel": isotonic_regression.compile_isotonic_regression,
    "LinearRegressionModel": linear_regression.compile_linear_regression,
    "RandomForestRegressionModel": random_forest_regressor.compile_random_forest_regressor,
    # clustering
    "BisectingKMeansModel": bisecting_k_means.compile_bisecting_k_means,
    "GaussianMixtureModel": gaussian_mixture.compile_gaussian_mixture,
    "KMeansModel": k_means.compile_k_means,
    "DistributedLDAModel": lda.compile_lda,
    "LocalLDAModel": lda.compile_lda,
    # recommendation
    "ALSModel": als.compile_als,
    # fpm
    "FPGrowthModel": fp_growth.compile_fp_growth,
}
