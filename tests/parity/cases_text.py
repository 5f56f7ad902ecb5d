"""Stages that read text and words, and those that hash."""

from __future__ import annotations

from typing import Any

from parity.case import case

PATTERNS = [
    (r"\s+", True, 1, True),
    (r"\W", True, 0, False),
    (r"[^a-z0-9']+", True, 2, True),
    (r"\w+", False, 1, False),
    (r"(?:[A-Z]\w*|\d{1,2}?)-?", False, 0, False),
    (r"[\p{Alpha}_]+|\p{Punct}", False, 1, True),
    (r"[\h,.;:\-]|.\u0301", True, 0, True),
    (r"^.|[^\s\w]{2,}", False, 3, False),
    (r"\w+(?:[-']\w+)*", False, 1, True),
]


def together(columns: list[str], target: str = "all") -> Any:
    from pyspark.ml.feature import VectorAssembler

    return VectorAssembler(inputCols=columns, outputCol=target)


def hashed(columns: list[str], size: int = 700) -> list[Any]:
    """Return stages that make one vector of the words of several columns."""
    from pyspark.ml.feature import HashingTF

    made = [HashingTF(inputCol=name, outputCol=f"{name}_h", numFeatures=size) for name in columns]
    return [*made, together([f"{name}_h" for name in columns])]


@case("Tokenizer", "words as the answer", inputs=["t"], frame="texts")
def words_of_text() -> list[Any]:
    from pyspark.ml.feature import Tokenizer

    return [Tokenizer(inputCol="t", outputCol="o")]


@case("IDFModel", "text to a class", inputs=["t"], frame="texts")
def text_classifier() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import IDF, HashingTF, Tokenizer

    return [
        Tokenizer(inputCol="t", outputCol="o"),
        HashingTF(inputCol="o", outputCol="h"),
        IDF(inputCol="h", outputCol="features", minDocFreq=3),
        LogisticRegression(labelCol="two", maxIter=4, regParam=0.1),
    ]


@case("RegexTokenizer", "patterns of gaps and of words", inputs=["t"], frame="texts")
def patterns() -> list[Any]:
    from pyspark.ml.feature import RegexTokenizer

    made = [
        RegexTokenizer(
            inputCol="t",
            outputCol=f"o{at}",
            pattern=pattern,
            gaps=gaps,
            minTokenLength=least,
            toLowercase=low,
        )
        for at, (pattern, gaps, least, low) in enumerate(PATTERNS)
    ]
    return [*made, *hashed([f"o{at}" for at in range(len(PATTERNS))])]


@case("RegexTokenizer", "words as the answer", inputs=["t"], frame="texts")
def words_by_pattern() -> list[Any]:
    from pyspark.ml.feature import RegexTokenizer

    return [RegexTokenizer(inputCol="t", outputCol="o", pattern=r"\w", minTokenLength=0)]


@case("RegexTokenizer", "a pattern that Java alone knows", inputs=["t"], frame="texts", reason=r"`\b`")
def boundaries() -> list[Any]:
    from pyspark.ml.feature import RegexTokenizer

    return [RegexTokenizer(inputCol="t", outputCol="o", pattern=r"\b\w+\b", gaps=False)]


@case("NGram", "runs of one to nine, with nulls", inputs=["w", "t"], frame="texts")
def runs() -> list[Any]:
    from pyspark.ml.feature import NGram, Tokenizer

    made = [NGram(inputCol="w", outputCol=f"n{n}", n=n) for n in (1, 2, 3, 9)]
    cut = [Tokenizer(inputCol="t", outputCol="o"), NGram(inputCol="o", outputCol="n")]
    return [*made, *cut, *hashed(["n1", "n2", "n3", "n9", "n"])]


@case("StopWordsRemover", "with case and without, nulls, several columns", inputs=["w", "t"], frame="texts")
def stop_words() -> list[Any]:
    from pyspark.ml.feature import StopWordsRemover, Tokenizer

    return [
        Tokenizer(inputCol="t", outputCol="o"),
        StopWordsRemover(
            inputCols=["w", "o"], outputCols=["w1", "o1"], stopWords=["the", "SNOW", "\u0130stanbul"]
        ),
        StopWordsRemover(inputCol="w", outputCol="w2", stopWords=["the", "Plane"], caseSensitive=True),
        StopWordsRemover(inputCol="w", outputCol="w3"),
        *hashed(["w1", "o1", "w2", "w3"]),
    ]


@case("StopWordsRemover", "words as the answer", inputs=["w"], frame="texts")
def words_that_stay() -> list[Any]:
    from pyspark.ml.feature import StopWordsRemover

    return [StopWordsRemover(inputCol="w", outputCol="o")]


@case("StopWordsRemover", "Turkish", inputs=["w"], frame="texts", reason="locale `tr`")
def turkish() -> list[Any]:
    from pyspark.ml.feature import StopWordsRemover

    return [StopWordsRemover(inputCol="w", outputCol="o", locale="tr")]


@case("HashingTF", "few slots and many, counts and marks", inputs=["w"], frame="texts")
def hashes() -> list[Any]:
    from pyspark.ml.feature import HashingTF

    made = [
        HashingTF(inputCol="w", outputCol=f"h{size}{binary}", numFeatures=size, binary=binary)
        for size in (1, 7, 5000)
        for binary in (False, True)
    ]
    return [*made, together([stage.getOutputCol() for stage in made])]


@case("HashingTF", "lists of numbers", inputs=["i", "j", "k", "u", "v", "z"], frame="lists")
def hashes_of_numbers() -> list[Any]:
    return hashed(list("ijkuvz"))


@case("CountVectorizerModel", "counts, marks, the least count and share", inputs=["w"], frame="texts")
def counts() -> list[Any]:
    from pyspark.ml.feature import CountVectorizer

    variants: list[dict[str, Any]] = [
        {},
        {"binary": True},
        {"minTF": 2.0},
        {"minTF": 0.3, "vocabSize": 5},
        {"minTF": 0.25, "binary": True},
    ]
    made = [CountVectorizer(inputCol="w", outputCol=f"o{at}", **more) for at, more in enumerate(variants)]
    return [*made, together([stage.getOutputCol() for stage in made])]


@case("IDFModel", "vectors as input", inputs=["p", "v"], frame="vectors")
def weights() -> list[Any]:
    from pyspark.ml.feature import IDF

    made = [
        IDF(inputCol="p", outputCol="p1"),
        IDF(inputCol="p", outputCol="p2", minDocFreq=240),
        IDF(inputCol="v", outputCol="v1"),
    ]
    return [*made, together(["p1", "p2", "v1"])]


@case("Word2VecModel", "words without a vector, and no words", inputs=["w"], frame="texts")
def means() -> list[Any]:
    from pyspark.ml.feature import Word2Vec

    return [Word2Vec(inputCol="w", outputCol="o", vectorSize=7, minCount=60, seed=1)]


@case("FeatureHasher", "every type, numbers as categories", inputs=list("cdxhnlbf"))
def features_by_hash() -> list[Any]:
    from pyspark.ml.feature import FeatureHasher

    names = list("cdxhnlbf")
    return [
        FeatureHasher(inputCols=names, outputCol="wide", numFeatures=4096),
        FeatureHasher(inputCols=names, outputCol="few", numFeatures=3),
        FeatureHasher(inputCols=names, outputCol="kinds", numFeatures=512, categoricalCols=["n", "l", "b"]),
        together(["wide", "few", "kinds"]),
    ]


@case("FeatureHasher", "fractions as categories", inputs=["x"], reason="its text in Java")
def fractions_by_hash() -> list[Any]:
    from pyspark.ml.feature import FeatureHasher

    return [FeatureHasher(inputCols=["x"], outputCol="o", categoricalCols=["x"])]
