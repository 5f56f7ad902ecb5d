"""Every operation by its name: where a new stage family is added."""

from __future__ import annotations

from ..stage import Stage
from .classification.linear_svc import LinearSVC
from .classification.logistic_regression import Logistic
from .classification.multilayer_perceptron_classifier import Perceptron
from .classification.naive_bayes import NaiveBayes
from .classification.one_vs_rest import OneVsRest
from .clustering.bisecting_k_means import Bisecting
from .clustering.gaussian_mixture import Mixture
from .clustering.k_means import KMeans
from .feature.categorical.feature_hasher import HashFeatures
from .feature.categorical.index_to_string import IndexToString
from .feature.categorical.one_hot_encoder import OneHotEncode
from .feature.categorical.string_indexer import StringIndex
from .feature.categorical.target_encoder import TargetEncode
from .feature.categorical.vector_indexer import VectorIndex
from .feature.lsh.bucketed_random_projection_lsh import ProjectionHash
from .feature.lsh.min_hash_lsh import MinHash
from .feature.numeric.binarizer import Binarize
from .feature.numeric.bucketizer import Bucketize
from .feature.numeric.imputer import Impute
from .feature.numeric.normalizer import Normalize
from .feature.sql_transformer import Select, Where
from .feature.text.count_vectorizer import CountWords
from .feature.text.hashing_tf import HashWords
from .feature.text.n_gram import NGram
from .feature.text.stop_words_remover import RemoveWords
from .feature.text.tokenizer import Tokenize, TokenizeByPattern
from .feature.text.word2vec import AverageWords
from .feature.vector.dct import Dct
from .feature.vector.interaction import Interact
from .feature.vector.pca import Project
from .feature.vector.polynomial_expansion import Polynomial
from .feature.vector.vector_assembler import Assemble
from .feature.vector.vector_size_hint import VectorSize
from .fpm.fp_growth import Rules
from .recommendation.als import Recommend
from .regression.aft_survival_regression import Survival
from .regression.generalized_linear_regression import GeneralizedLinear
from .regression.isotonic_regression import Isotonic
from .regression.linear_regression import Linear
from .shared.affine_transform import Rescale
from .shared.factorization_machine import Factorization
from .shared.slot_selection import PickSlots
from .shared.tree_leaves import TreeLeaves
from .shared.tree_prediction import Trees

STAGES: dict[str, Stage] = {
    stage.op: stage
    for stage in (
        Assemble(),
        Bisecting(),
        Factorization(),
        GeneralizedLinear(),
        Isotonic(),
        Mixture(),
        NaiveBayes(),
        OneVsRest(),
        Perceptron(),
        Recommend(),
        Rules(),
        Survival(),
        LinearSVC(),
        TreeLeaves(),
        Bucketize(),
        Impute(),
        IndexToString(),
        KMeans(),
        Linear(),
        Logistic(),
        OneHotEncode(),
        Rescale(),
        Select(),
        StringIndex(),
        Trees(),
        Where(),
        AverageWords(),
        CountWords(),
        HashFeatures(),
        HashWords(),
        NGram(),
        RemoveWords(),
        Tokenize(),
        TokenizeByPattern(),
        Binarize(),
        Dct(),
        Interact(),
        MinHash(),
        Normalize(),
        PickSlots(),
        Polynomial(),
        Project(),
        ProjectionHash(),
        TargetEncode(),
        VectorIndex(),
        VectorSize(),
    )
}
