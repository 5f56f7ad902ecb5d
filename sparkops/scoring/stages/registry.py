"""Every operation by the name that descriptions use: a new operation gets an import and a line here."""

from __future__ import annotations

from ..stage import Stage
from .classification import (
    linear_svc,
    logistic_regression,
    multilayer_perceptron_classifier,
    naive_bayes,
    one_vs_rest,
)
from .clustering import bisecting_k_means, gaussian_mixture, k_means, lda
from .feature import python_function, sql_transformer
from .feature.categorical import (
    feature_hasher,
    index_to_string,
    one_hot_encoder,
    string_indexer,
    target_encoder,
    vector_indexer,
)
from .feature.lsh import bucketed_random_projection_lsh, min_hash_lsh
from .feature.numeric import (
    binarizer,
    bucketizer,
    imputer,
    normalizer,
)
from .feature.text import (
    count_vectorizer,
    hashing_tf,
    n_gram,
    regex_tokenizer,
    stop_words_remover,
    tokenizer,
    word2vec,
)
from .feature.vector import (
    dct,
    interaction,
    pca,
    polynomial_expansion,
    vector_assembler,
    vector_size_hint,
)
from .fpm import fp_growth
from .recommendation import als
from .regression import (
    aft_survival_regression,
    generalized_linear_regression,
    isotonic_regression,
    linear_regression,
)
from .shared import (
    affine_transform,
    factorization_machine,
    slot_selection,
    tree_leaves,
    tree_prediction,
)

STAGES: dict[str, Stage] = {
    stage.op: stage
    for stage in (
        # feature
        python_function.PythonFunction(),
        sql_transformer.Select(),
        sql_transformer.Where(),
        # feature.text
        count_vectorizer.CountVectorizer(),
        hashing_tf.HashingTF(),
        n_gram.NGram(),
        regex_tokenizer.RegexTokenizer(),
        stop_words_remover.StopWordsRemover(),
        tokenizer.Tokenizer(),
        word2vec.Word2Vec(),
        # feature.categorical
        feature_hasher.FeatureHasher(),
        index_to_string.IndexToString(),
        one_hot_encoder.OneHotEncoder(),
        string_indexer.StringIndexer(),
        target_encoder.TargetEncoder(),
        vector_indexer.VectorIndexer(),
        # feature.numeric
        binarizer.Binarizer(),
        bucketizer.Bucketizer(),
        imputer.Imputer(),
        normalizer.Normalizer(),
        # feature.vector
        dct.DCT(),
        interaction.Interaction(),
        pca.PCA(),
        polynomial_expansion.PolynomialExpansion(),
        vector_assembler.VectorAssembler(),
        vector_size_hint.VectorSizeHint(),
        # feature.lsh
        bucketed_random_projection_lsh.BucketedRandomProjectionLSH(),
        min_hash_lsh.MinHashLSH(),
        # classification
        linear_svc.LinearSVC(),
        logistic_regression.LogisticRegression(),
        multilayer_perceptron_classifier.MultilayerPerceptronClassifier(),
        naive_bayes.NaiveBayes(),
        one_vs_rest.OneVsRest(),
        # regression
        aft_survival_regression.AFTSurvivalRegression(),
        generalized_linear_regression.GeneralizedLinearRegression(),
        isotonic_regression.IsotonicRegression(),
        linear_regression.LinearRegression(),
        # clustering
        bisecting_k_means.BisectingKMeans(),
        gaussian_mixture.GaussianMixture(),
        lda.LDA(),
        k_means.KMeans(),
        # recommendation
        als.ALS(),
        # fpm
        fp_growth.FPGrowth(),
        # shared
        affine_transform.AffineTransform(),
        factorization_machine.FactorizationMachine(),
        slot_selection.SlotSelection(),
        tree_leaves.TreeLeaves(),
        tree_prediction.TreePrediction(),
    )
}
