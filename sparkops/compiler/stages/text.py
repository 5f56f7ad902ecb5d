"""Compile the stages that read text and words, and those that hash."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan, Uncompiled
from sparkops.compiler.saved_stage import Saved, dense
from sparkops.scoring.ir.field import REALS
from sparkops.scoring.jvm.regex import translated
from sparkops.scoring.stages.feature.text.hashing_tf import ITEMS
from sparkops.scoring.text.token_columns import WORDS

# Languages in which Java lower-cases, or finds words, in a way of its own.
_OWN_WAYS = frozenset(("tr", "az", "lt", "th"))


def tokenizer(saved: Saved, plan: Plan) -> None:
    """Compile Tokenizer."""
    plan.add(saved, "tokenize", [saved.params["inputCol"]], [(saved.params["outputCol"], WORDS)])


def regex_tokenizer(saved: Saved, plan: Plan) -> None:
    """Compile RegexTokenizer, where Python surely matches its pattern as Java does."""
    translated(saved.params["pattern"])
    params = {
        "pattern": saved.params["pattern"],
        "gaps": bool(saved.params["gaps"]),
        "lower": bool(saved.params["toLowercase"]),
        "shortest": int(saved.params["minTokenLength"]),
    }
    outputs = [(saved.params["outputCol"], WORDS)]
    plan.add(saved, "tokenize_by_pattern", [saved.params["inputCol"]], outputs, params=params)


def ngram(saved: Saved, plan: Plan) -> None:
    """Compile NGram."""
    params = {"n": int(saved.params["n"])}
    plan.add(saved, "ngram", [saved.params["inputCol"]], [(saved.params["outputCol"], WORDS)], params=params)


def stop_words_remover(saved: Saved, plan: Plan) -> None:
    """Compile StopWordsRemover, of one column or several."""
    exact, locale = bool(saved.params["caseSensitive"]), str(saved.params["locale"])
    if not exact and locale.lower() in _OWN_WAYS:
        raise Uncompiled(f"it ignores case by the rules of the locale `{locale}`")
    params = {"words": list(saved.params["stopWords"]), "exact": exact}
    for source, target in saved.pairs():
        plan.add(saved, "remove_words", [source], [(target, WORDS)], params=params)


def hashing_tf(saved: Saved, plan: Plan) -> None:
    """Compile HashingTF; before Spark 3 it hashed in another way."""
    version = str(saved.extra["sparkVersion"])
    if int(version.partition(".")[0]) < 3:  # noqa: PLR2004
        raise Uncompiled(f"Spark {version} saved it, which hashed in another way")
    source = saved.params["inputCol"]
    params = {
        "size": int(saved.params["numFeatures"]),
        "binary": bool(saved.params["binary"]),
        "type": _items(source, plan),
    }
    plan.add(saved, "hash_words", [source], [(saved.params["outputCol"], "vector")], params=params)


def count_vectorizer(saved: Saved, plan: Plan) -> None:
    """Compile CountVectorizerModel."""
    params = {"words": list(saved.rows()[0]["vocabulary"]), "binary": bool(saved.params["binary"])}
    arrays = {"least": np.array([saved.number("minTF")])}
    outputs = [(saved.params["outputCol"], "vector")]
    plan.add(saved, "count_words", [saved.params["inputCol"]], outputs, params=params, arrays=arrays)


def idf(saved: Saved, plan: Plan) -> None:
    """Compile IDFModel: each slot times its weight."""
    arrays = {"scale": dense(saved.rows()[0]["idf"])}
    plan.vector(saved.params["inputCol"], len(arrays["scale"]))
    plan.add(
        saved, "rescale", [saved.params["inputCol"]], [(saved.params["outputCol"], "vector")], arrays=arrays
    )


def word2vec(saved: Saved, plan: Plan) -> None:
    """Compile Word2VecModel."""
    rows = saved.rows()
    if rows and "word" not in rows[0]:
        raise Uncompiled("its vectors are saved in the form of Spark before 2.2")
    size = int(saved.params["vectorSize"])
    vectors = np.array([row["vector"] for row in rows], dtype=np.float64).reshape(len(rows), size)
    outputs = [(saved.params["outputCol"], "vector")]
    params = {"words": [row["word"] for row in rows]}
    plan.add(
        saved,
        "average_words",
        [saved.params["inputCol"]],
        outputs,
        params=params,
        arrays={"vectors": vectors},
    )


def feature_hasher(saved: Saved, plan: Plan) -> None:
    """Compile FeatureHasher; Java's text of a fraction differs between its versions."""
    inputs, names = list(saved.params["inputCols"]), list(saved.params.get("categoricalCols") or ())
    if len(set(inputs)) != len(inputs):
        raise Uncompiled("it hashes a column twice, which Spark counts once or twice by its type")
    types = [plan.kind(source) for source in inputs]
    for source, kind in zip(inputs, types, strict=True):
        if kind not in ITEMS:
            raise Uncompiled(f"it hashes `{source}`, which is {kind}")
        if kind in REALS and source in names:
            raise Uncompiled(f"it takes `{source}`, which is {kind}, as a category by its text in Java")
    params = {"size": int(saved.params["numFeatures"]), "types": types, "names": names}
    plan.add(saved, "hash_features", inputs, [(saved.params["outputCol"], "vector")], params=params)


def _items(column: str, plan: Plan) -> str:
    """Return the type of a column's items."""
    kind = plan.kind(column)
    if column not in plan.code.columns and column not in plan.fields:
        return "string"  # a stage that was not compiled makes it
    item = kind[len("array<") : -1] if kind.startswith("array<") else kind
    if item == kind or item not in ITEMS:
        raise Uncompiled(f"it hashes `{column}`, which is {kind}")
    return item
