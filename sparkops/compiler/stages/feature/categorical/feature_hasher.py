"""Compile FeatureHasher."""

from __future__ import annotations

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.scoring.ir.field import FLOATING_TYPES
from sparkops.scoring.stages.feature.text.hashing_tf import ITEMS


def compile_feature_hasher(saved: SavedStage, plan: Plan) -> None:
    """Add a `hash_features` step: columns -> vector of `numFeatures` slots.

    Floating-point columns cannot be categories: their text differs between versions of Java.
    """
    inputs, categorical = list(saved.params["inputCols"]), list(saved.params.get("categoricalCols") or ())
    if len(set(inputs)) != len(inputs):
        raise CannotCompile(
            "it hashes a column twice, which Spark counts once or twice depending on its type"
        )
    types = [plan.find_column_type(source) for source in inputs]
    for source, type_ in zip(inputs, types, strict=True):
        if type_ not in ITEMS:
            raise CannotCompile(f"it hashes `{source}`, which is {type_}")
        if type_ in FLOATING_TYPES and source in categorical:
            raise CannotCompile(
                f"it hashes `{source}`, a {type_}, as text, which differs between Java versions"
            )
    params = {"size": int(saved.params["numFeatures"]), "types": types, "names": categorical}
    plan.add_step(saved, "hash_features", inputs, [(saved.params["outputCol"], "vector")], params=params)
