"""Every operation by its name: where a new stage family is added."""

from __future__ import annotations

from ..stage import Stage
from .assemble import Assemble
from .average_words import AverageWords
from .binarize import Binarize
from .bisecting import Bisecting
from .bucketize import Bucketize
from .count_words import CountWords
from .dct import Dct
from .factorization import Factorization
from .glm import GeneralizedLinear
from .hash_features import HashFeatures
from .hash_words import HashWords
from .impute import Impute
from .index_to_string import IndexToString
from .interact import Interact
from .isotonic import Isotonic
from .kmeans import KMeans
from .linear import Linear
from .logistic import Logistic
from .min_hash import MinHash
from .mixture import Mixture
from .naive_bayes import NaiveBayes
from .ngram import NGram
from .normalize import Normalize
from .one_hot import OneHotEncode
from .one_vs_rest import OneVsRest
from .perceptron import Perceptron
from .pick_slots import PickSlots
from .polynomial import Polynomial
from .project import Project
from .projection_hash import ProjectionHash
from .recommend import Recommend
from .remove_words import RemoveWords
from .rescale import Rescale
from .rules import Rules
from .select import Select, Where
from .string_index import StringIndex
from .survival import Survival
from .svc import LinearSVC
from .target_encode import TargetEncode
from .tokenize import Tokenize, TokenizeByPattern
from .tree import Trees
from .tree_leaves import TreeLeaves
from .vector_index import VectorIndex
from .vector_size import VectorSize

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
