"""Cases of RegexTokenizer."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import hash_tokens

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
    (r"[^\p{L}\p{N}']+", True, 1, True),
    (r"\p{Lu}\p{Ll}*|\P{L}|\p{M}", False, 0, False),
    (r"(?U)\W+", True, 1, False),
    (r"(?U)[\s\d\p{P}]+|\p{IsAlphabetic}{3}", False, 0, True),
]


@case("RegexTokenizer", "patterns of gaps and of tokens", inputs=["t"], frame="texts")
def patterns() -> list[Any]:
    from pyspark.ml.feature import RegexTokenizer

    stages = [
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
    return [*stages, *hash_tokens([f"o{at}" for at in range(len(PATTERNS))])]


@case("RegexTokenizer", "tokens as output", inputs=["t"], frame="texts")
def tokens() -> list[Any]:
    from pyspark.ml.feature import RegexTokenizer

    return [RegexTokenizer(inputCol="t", outputCol="o", pattern=r"\w", minTokenLength=0)]


@case("RegexTokenizer", "a pattern that only Java has", inputs=["t"], frame="texts", reason=r"`\b`")
def pattern_of_java_only() -> list[Any]:
    from pyspark.ml.feature import RegexTokenizer

    return [RegexTokenizer(inputCol="t", outputCol="o", pattern=r"\b\w+\b", gaps=False)]
