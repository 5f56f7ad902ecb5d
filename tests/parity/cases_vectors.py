"""Stages that make numbers and vectors of numbers and vectors."""

from __future__ import annotations

from math import inf
from typing import Any

from parity.case import case


def together(*columns: str, target: str = "all", invalid: str = "error") -> Any:
    from pyspark.ml.feature import VectorAssembler

    return VectorAssembler(inputCols=list(columns), outputCol=target, handleInvalid=invalid)


def each(stage: Any, column: str, settings: list[dict[str, Any]]) -> list[Any]:
    """Return a stage set in several ways, and one that puts their vectors together."""
    made = [
        stage(inputCol=column, outputCol=f"{column}{at}", **setting) for at, setting in enumerate(settings)
    ]
    return [*made, together(*(f"{column}{at}" for at in range(len(settings))))]


def mixed(target: str = "m", *, columns: tuple[str, ...] = ("x", "h", "n", "f")) -> list[Any]:
    """Return stages that make one vector of a one-hot part and numbers, NaN kept."""
    from pyspark.ml.feature import OneHotEncoder, StringIndexer

    return [
        StringIndexer(inputCol="c", outputCol="ci", handleInvalid="keep"),
        OneHotEncoder(inputCol="ci", outputCol="co", dropLast=False),
        together("co", *columns, target=target, invalid="keep"),
    ]


@case("Binarizer", "vectors and numbers", inputs=["v", "p", "q", "y", "positive"], frame="vectors")
def binarized() -> list[Any]:
    from pyspark.ml.feature import Binarizer

    return [
        Binarizer(inputCols=["v", "p", "y"], outputCols=["vb", "pb", "yb"], thresholds=[-0.5, 1.0, 2.0]),
        Binarizer(inputCol="positive", outputCol="sb"),
        Binarizer(inputCols=["q"], outputCols=["qb"]).setThreshold(-inf),
        together("vb", "pb", "yb", "sb", "qb"),
    ]


@case("Binarizer", "at its threshold", inputs=["c", "x", "h", "n", "f"])
def binarized_parts() -> list[Any]:
    from pyspark.ml.feature import Binarizer

    made = [
        Binarizer(inputCol="m", outputCol=f"m{at}", threshold=value)
        for at, value in enumerate([0.5, -0.25, 3.0])
    ]
    return [*mixed(), *made, together("m0", "m1", "m2")]


@case("DCT", "forward and inverse", inputs=["v", "p", "q"], frame="vectors")
def transformed() -> list[Any]:
    from pyspark.ml.feature import DCT

    return [
        DCT(inputCol="v", outputCol="vd"),
        DCT(inputCol="p", outputCol="pd", inverse=True),
        DCT(inputCol="q", outputCol="qd", inverse=True),
        together("q", "v", target="w"),
        DCT(inputCol="w", outputCol="wd"),
        together("vd", "pd", "qd", "wd"),
    ]


@case("ElementwiseProduct", "zero and negative weights", inputs=["v", "p"], frame="vectors")
def weighed() -> list[Any]:
    from pyspark.ml.feature import ElementwiseProduct
    from pyspark.ml.linalg import Vectors

    return [
        ElementwiseProduct(
            scalingVec=Vectors.dense([0.5, -2.0, 0.0, 1e-3, 3.0]), inputCol="v", outputCol="vo"
        ),
        ElementwiseProduct(scalingVec=Vectors.sparse(4, [(1, 2.5)]), inputCol="p", outputCol="po"),
        together("vo", "po"),
    ]


@case("MaxAbsScalerModel", "a slot that is always 0", inputs=["v", "p"], frame="vectors")
def scaled_by_largest() -> list[Any]:
    from pyspark.ml.feature import ElementwiseProduct, MaxAbsScaler
    from pyspark.ml.linalg import Vectors

    return [
        ElementwiseProduct(scalingVec=Vectors.dense([1.0, 0.0, -1.0, 2.0]), inputCol="p", outputCol="pz"),
        MaxAbsScaler(inputCol="v", outputCol="vo"),
        MaxAbsScaler(inputCol="pz", outputCol="po"),
        together("vo", "po"),
    ]


@case(
    "MinMaxScalerModel", "vectors as they come, a slot that is constant", inputs=["v", "p"], frame="vectors"
)
def scaled_to_a_range() -> list[Any]:
    from pyspark.ml.feature import MinMaxScaler

    return [
        MinMaxScaler(inputCol="v", outputCol="vo"),
        MinMaxScaler(inputCol="p", outputCol="po", min=-1.0, max=3.0),
        together("vo", "po"),
    ]


@case("RobustScalerModel", "centred, scaled, both and neither", inputs=["v"], frame="vectors")
def scaled_by_range() -> list[Any]:
    from pyspark.ml.feature import RobustScaler

    ways = [
        {"withCentering": centre, "withScaling": scale, "lower": 0.2}
        for centre in (True, False)
        for scale in (True, False)
    ]
    return each(RobustScaler, "v", ways)


@case("RobustScalerModel", "nothing done, null handed on", inputs=["v"], frame="vectors")
def not_scaled() -> list[Any]:
    from pyspark.ml.feature import RobustScaler

    return [RobustScaler(inputCol="v", outputCol="o", withScaling=False), together("o", invalid="keep")]


@case("Normalizer", "vectors as they come", inputs=["v"], frame="vectors", sparse=False)
def unit_vectors() -> list[Any]:
    from pyspark.ml.feature import Normalizer

    return each(Normalizer, "v", [{"p": p} for p in (1.0, 2.0, inf, 3.0, 1.5)])


@case("Normalizer", "vectors that Spark compresses", inputs=["c", "x", "h", "n", "f"])
def unit_parts() -> list[Any]:
    from pyspark.ml.feature import Normalizer, StandardScaler

    wide = [*mixed(), StandardScaler(inputCol="m", outputCol="s")]
    return [*wide, *each(Normalizer, "m", [{"p": p} for p in (1.0, 2.0, inf, 3.0)])]


@case("Normalizer", "after another", inputs=["c", "x", "h", "n", "f"])
def units_of_units() -> list[Any]:
    from pyspark.ml.feature import Normalizer

    return [
        *mixed(),
        Normalizer(inputCol="m", outputCol="once"),
        Normalizer(inputCol="once", outputCol="twice", p=1.0),
    ]


@case("Normalizer", "wide vectors", inputs=["w"], frame="texts")
def unit_counts() -> list[Any]:
    from pyspark.ml.feature import HashingTF, Normalizer

    return [
        HashingTF(inputCol="w", outputCol="h", numFeatures=1500),
        *each(Normalizer, "h", [{}, {"p": inf}]),
    ]


@case("PolynomialExpansion", "degrees 1 to 3", inputs=["v", "p"], frame="vectors", sparse=False)
def expanded() -> list[Any]:
    from pyspark.ml.feature import PolynomialExpansion

    made = [
        PolynomialExpansion(inputCol=column, outputCol=f"{column}{degree}", degree=degree)
        for column, degree in (("v", 2), ("p", 3), ("p", 1), ("v", 5))
    ]
    return [*made, together("v2", "p3", "p1", "v5")]


@case("PolynomialExpansion", "vectors that Spark compresses", inputs=["c", "x", "h", "n", "f"], rows=150)
def expanded_parts() -> list[Any]:
    from pyspark.ml.feature import PolynomialExpansion

    return [*mixed(), PolynomialExpansion(inputCol="m", outputCol="o", degree=2)]


@case("VectorSlicer", "in any order", inputs=["v"], frame="vectors")
def sliced() -> list[Any]:
    from pyspark.ml.feature import VectorSlicer

    return [VectorSlicer(inputCol="v", outputCol="vs", indices=[3, 0, 2])]


@case("VectorSlicer", "one-hot parts", inputs=["c", "x", "h", "n", "f"])
def sliced_parts() -> list[Any]:
    from pyspark.ml.feature import VectorSlicer

    return [
        *mixed(),
        VectorSlicer(inputCol="m", outputCol="ms", indices=[6, 0, 4, 1, 2, 8, 5]),
        VectorSlicer(inputCol="ms", outputCol="mt", indices=[3, 1]),
        together("ms", "mt"),
    ]


@case("VectorSlicer", "wide vectors", inputs=["w"], frame="texts")
def sliced_counts() -> list[Any]:
    from pyspark.ml.feature import HashingTF, VectorSlicer

    return [
        HashingTF(inputCol="w", outputCol="h", numFeatures=1500),
        VectorSlicer(inputCol="h", outputCol="few", indices=[1400, 3, 77]),
        VectorSlicer(inputCol="h", outputCol="many", indices=[*range(1300, 100, -1), 5]),
        together("few", "many"),
    ]


@case("VectorSlicer", "by name", inputs=["x", "h"], reason="picks slots by name")
def sliced_by_name() -> list[Any]:
    from pyspark.ml.feature import VectorSlicer

    return [together("x", "h"), VectorSlicer(inputCol="all", outputCol="o", indices=[0], names=["h"])]


@case("VectorSizeHint", "error, skip and optimistic", inputs=["v", "p", "q"], frame="vectors")
def hinted() -> list[Any]:
    from pyspark.ml.feature import VectorSizeHint

    return [
        VectorSizeHint(inputCol="v", size=5),
        VectorSizeHint(inputCol="p", size=4, handleInvalid="skip"),
        VectorSizeHint(inputCol="q", size=3, handleInvalid="optimistic"),
        together("v", "p", "q", invalid="keep"),
    ]


@case("ChiSqSelectorModel", "the best two", inputs=["p", "q"], frame="vectors")
def chosen_by_chi() -> list[Any]:
    from pyspark.ml.feature import ChiSqSelector

    return [
        together("p", "q", target="w"),
        ChiSqSelector(featuresCol="w", outputCol="o", labelCol="two", numTopFeatures=2),
        ChiSqSelector(featuresCol="p", outputCol="po", labelCol="three", numTopFeatures=3),
        together("o", "po"),
    ]


@case(
    "UnivariateFeatureSelectorModel",
    "numbers for classes and for numbers",
    inputs=["v", "p"],
    frame="vectors",
)
def chosen_singly() -> list[Any]:
    from pyspark.ml.feature import UnivariateFeatureSelector

    made = [
        UnivariateFeatureSelector(featuresCol=column, outputCol=f"{column}o", labelCol=label)
        .setFeatureType("continuous")
        .setLabelType(kind)
        .setSelectionThreshold(2)
        for column, label, kind in (("v", "y", "continuous"), ("p", "two", "categorical"))
    ]
    return [*made, together("vo", "po")]


@case("VarianceThresholdSelectorModel", "some, and none", inputs=["v", "p"], frame="vectors")
def chosen_by_spread() -> list[Any]:
    from pyspark.ml.feature import VarianceThresholdSelector

    return [
        VarianceThresholdSelector(featuresCol="v", outputCol="vo", varianceThreshold=0.5),
        VarianceThresholdSelector(featuresCol="p", outputCol="po", varianceThreshold=1e9),
        together("vo", "po"),
    ]


@case("VarianceThresholdSelectorModel", "no slot is left", inputs=["p"], frame="vectors")
def chosen_none() -> list[Any]:
    from pyspark.ml.feature import VarianceThresholdSelector

    return [VarianceThresholdSelector(featuresCol="p", outputCol="po", varianceThreshold=1e9)]


@case("PCAModel", "vectors as they come", inputs=["v"], frame="vectors")
def principal() -> list[Any]:
    from pyspark.ml.feature import PCA

    return [PCA(inputCol="v", outputCol="o", k=3)]


@case("PCAModel", "one-hot parts", inputs=["c", "x", "h", "n", "f"])
def principal_parts() -> list[Any]:
    from pyspark.ml.feature import PCA

    return [*mixed(), PCA(inputCol="m", outputCol="o", k=4)]


@case("Interaction", "numbers and a vector", inputs=["c", "x", "n", "b", "l"])
def interacting_numbers() -> list[Any]:
    from pyspark.ml.feature import Interaction

    return [
        *mixed(columns=("x", "b")),
        Interaction(inputCols=["x", "n", "l"], outputCol="one"),
        Interaction(inputCols=["n", "m", "x"], outputCol="many"),
        together("one", "many"),
    ]


@case("Interaction", "categories", inputs=["c", "d", "x", "h"])
def interacting_categories() -> list[Any]:
    from pyspark.ml.feature import Bucketizer, Interaction, StringIndexer

    return [
        StringIndexer(inputCol="c", outputCol="ci", handleInvalid="keep"),
        StringIndexer(inputCol="d", outputCol="di"),
        Bucketizer(inputCol="h", outputCol="hb", splits=[0.0, 0.5, 1.0, inf], handleInvalid="keep"),
        Interaction(inputCols=["ci", "di", "hb"], outputCol="all_categories"),
        Interaction(inputCols=["x", "ci", "h"], outputCol="by_number"),
        together("ci", "x", "di", target="w"),
        Interaction(inputCols=["w", "hb"], outputCol="of_vector"),
        together("all_categories", "by_number", "of_vector"),
    ]


@case("Interaction", "indexed slots of vectors", inputs=["p", "q", "y"], frame="vectors", sparse=False)
def interacting_slots() -> list[Any]:
    from pyspark.ml.feature import Interaction, VectorIndexer

    return [
        VectorIndexer(inputCol="p", outputCol="pi", maxCategories=10, handleInvalid="keep"),
        VectorIndexer(inputCol="q", outputCol="qi", maxCategories=10),
        Interaction(inputCols=["y", "qi", "pi"], outputCol="o"),
    ]


@case("Interaction", "categories in vectors that Spark stores sparse", inputs=["c", "d", "x", "h"])
def interacting_sparsely() -> list[Any]:
    from pyspark.ml.feature import Interaction, OneHotEncoder, StringIndexer

    return [
        StringIndexer(inputCols=["c", "d"], outputCols=["ci", "di"], handleInvalid="keep"),
        OneHotEncoder(inputCol="ci", outputCol="co"),
        together("co", "ci", "di", "x", target="w", invalid="keep"),
        Interaction(inputCols=["h", "w"], outputCol="o"),
        Interaction(inputCols=["co", "x", "di"], outputCol="p"),
        together("o", "p"),
    ]


@case("Interaction", "a wide answer", inputs=["c", "d", "n", "x"])
def interacting_widely() -> list[Any]:
    from pyspark.ml.feature import Interaction, StringIndexer

    return [
        StringIndexer(inputCols=["c", "d", "n"], outputCols=["ci", "di", "ni"], handleInvalid="keep"),
        Interaction(inputCols=["ni", "x", "ci", "di"], outputCol="o"),
    ]


@case("VectorIndexerModel", "error", inputs=["p", "q"], frame="vectors", sparse=False)
def indexed_or_refused() -> list[Any]:
    return _indexed("error")


@case("VectorIndexerModel", "keep", inputs=["p", "q", "v"], frame="vectors", sparse=False)
def indexed_or_kept() -> list[Any]:
    from pyspark.ml.feature import VectorIndexer

    return [
        VectorIndexer(inputCol="v", outputCol="vi", maxCategories=3, handleInvalid="keep"),
        *_indexed("keep", "vi"),
    ]


@case("VectorIndexerModel", "skip", inputs=["p", "q"], frame="vectors", sparse=False)
def indexed_or_skipped() -> list[Any]:
    return _indexed("skip")


def _indexed(invalid: str, *more: str) -> list[Any]:
    from pyspark.ml.feature import VectorIndexer

    made = [
        VectorIndexer(inputCol=name, outputCol=f"{name}i", maxCategories=10, handleInvalid=invalid)
        for name in ("p", "q")
    ]
    return [*made, together("pi", "qi", *more)]


@case("VectorIndexerModel", "an unseen zero, kept", inputs=["m", "k", "g", "y", "z"], frame="gaps")
def indexed_zeros() -> list[Any]:
    return _beside_zeros("keep")


@case(
    "VectorIndexerModel",
    "an unseen zero, refused",
    inputs=["m", "k", "g", "y", "z"],
    frame="gaps",
    refused=20,
)
def refused_zeros() -> list[Any]:
    return _beside_zeros("error")


def _beside_zeros(invalid: str) -> list[Any]:
    """Return stages that index a slot that is never 0 in training; other slots decide how the vector is stored."""
    from pyspark.ml.feature import Imputer, OneHotEncoder, StringIndexer, VectorIndexer

    return [
        Imputer(inputCols=["k", "g"], outputCols=["ki", "gi"]),
        StringIndexer(inputCol="m", outputCol="mi", handleInvalid="keep"),
        OneHotEncoder(inputCol="mi", outputCol="mo"),
        together("mo", "z", "y", "ki", "gi", target="w"),
        VectorIndexer(inputCol="w", outputCol="o", maxCategories=6, handleInvalid=invalid),
    ]


@case("TargetEncoderModel", "classes, error", inputs=["k", "g", "m"], frame="gaps")
def encoded_classes() -> list[Any]:
    from pyspark.ml.feature import TargetEncoder

    return [
        TargetEncoder(inputCols=["k", "g", "m"], outputCols=["ko", "go", "mo"], labelCol="two"),
        together("ko", "go", "mo"),
    ]


@case("TargetEncoderModel", "numbers, keep, smoothed", inputs=["k", "g", "m"], frame="gaps")
def encoded_numbers() -> list[Any]:
    from pyspark.ml.feature import TargetEncoder

    made = TargetEncoder(
        inputCols=["k", "g", "m"],
        outputCols=["ko", "go", "mo"],
        labelCol="y",
        targetType="continuous",
        smoothing=2.5,
        handleInvalid="keep",
    )
    one = TargetEncoder(inputCol="m", outputCol="m1", labelCol="two", smoothing=1.0, handleInvalid="keep")
    return [made, one, together("ko", "go", "mo", "m1")]


@case("BucketedRandomProjectionLSHModel", "three tables", inputs=["v"], frame="vectors")
def hashed_by_projection() -> list[Any]:
    from pyspark.ml.feature import BucketedRandomProjectionLSH

    return [
        BucketedRandomProjectionLSH(inputCol="v", outputCol="o", bucketLength=0.75, numHashTables=3, seed=1)
    ]


@case("MinHashLSHModel", "three tables", inputs=["q"], frame="vectors")
def hashed_by_slots() -> list[Any]:
    from pyspark.ml.feature import MinHashLSH

    return [MinHashLSH(inputCol="q", outputCol="o", numHashTables=3, seed=1)]


@case("MinHashLSHModel", "wide vectors", inputs=["w"], frame="texts")
def hashed_words() -> list[Any]:
    from pyspark.ml.feature import HashingTF, MinHashLSH

    return [
        HashingTF(inputCol="w", outputCol="h", numFeatures=5000),
        MinHashLSH(inputCol="h", outputCol="o", numHashTables=2, seed=3),
    ]


@case("Bucketizer", "as QuantileDiscretizer fits it", inputs=["x", "n", "f", "h", "l"], rows=150)
def discretized() -> list[Any]:
    from pyspark.ml.feature import QuantileDiscretizer

    return [
        QuantileDiscretizer(
            inputCols=["x", "n", "f"], outputCols=["xo", "no", "fo"], handleInvalid="keep"
        ).setNumBuckets(4),
        QuantileDiscretizer(inputCol="h", outputCol="ho", numBuckets=3, handleInvalid="skip"),
        QuantileDiscretizer(inputCol="l", outputCol="lo", numBuckets=5, handleInvalid="error"),
        together("xo", "no", "fo", "ho", "lo"),
    ]
