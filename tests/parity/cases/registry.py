"""All parity cases: a new file of cases gets an import and a line here."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from parity.case import Case
from parity.cases.classification import (
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
from parity.cases.clustering import bisecting_k_means, gaussian_mixture, k_means, lda
from parity.cases.feature import r_formula, sql_transformer
from parity.cases.feature.categorical import (
    feature_hasher,
    index_to_string,
    one_hot_encoder,
    string_indexer,
    target_encoder,
    vector_indexer,
)
from parity.cases.feature.lsh import bucketed_random_projection_lsh, min_hash_lsh
from parity.cases.feature.numeric import (
    binarizer,
    bucketizer,
    elementwise_product,
    imputer,
    max_abs_scaler,
    min_max_scaler,
    normalizer,
    quantile_discretizer,
    robust_scaler,
    standard_scaler,
)
from parity.cases.feature.text import (
    count_vectorizer,
    hashing_tf,
    idf,
    n_gram,
    regex_tokenizer,
    stop_words_remover,
    tokenizer,
    word2vec,
)
from parity.cases.feature.vector import (
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
from parity.cases.fpm import fp_growth
from parity.cases.recommendation import als
from parity.cases.regression import (
    aft_survival_regression,
    decision_tree_regressor,
    fm_regressor,
    gbt_regressor,
    generalized_linear_regression,
    isotonic_regression,
    linear_regression,
    random_forest_regressor,
)

MODULES: tuple[ModuleType, ...] = (
    # feature
    r_formula,
    sql_transformer,
    # feature.text
    count_vectorizer,
    hashing_tf,
    idf,
    n_gram,
    regex_tokenizer,
    stop_words_remover,
    tokenizer,
    word2vec,
    # feature.categorical
    feature_hasher,
    index_to_string,
    one_hot_encoder,
    string_indexer,
    target_encoder,
    vector_indexer,
    # feature.numeric
    binarizer,
    bucketizer,
    elementwise_product,
    imputer,
    max_abs_scaler,
    min_max_scaler,
    normalizer,
    quantile_discretizer,
    robust_scaler,
    standard_scaler,
    # feature.vector
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
    # feature.lsh
    bucketed_random_projection_lsh,
    min_hash_lsh,
    # classification
    decision_tree_classifier,
    fm_classifier,
    gbt_classifier,
    linear_svc,
    logistic_regression,
    multilayer_perceptron_classifier,
    naive_bayes,
    one_vs_rest,
    random_forest_classifier,
    # regression
    aft_survival_regression,
    decision_tree_regressor,
    fm_regressor,
    gbt_regressor,
    generalized_linear_regression,
    isotonic_regression,
    linear_regression,
    random_forest_regressor,
    # clustering
    bisecting_k_means,
    gaussian_mixture,
    k_means,
    lda,
    # recommendation
    als,
    # fpm
    fp_growth,
)


def cases_of(module: ModuleType) -> Iterator[Case]:
    """Yield the cases of a module in the order of their definition."""
    for value in vars(module).values():
        if isinstance(value, Case):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Case))


CASES = tuple(case for module in MODULES for case in cases_of(module))
