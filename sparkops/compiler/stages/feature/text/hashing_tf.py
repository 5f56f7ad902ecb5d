"""Compile HashingTF."""

from __future__ import annotations

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.core.type_names import parse_element_type
from sparkops.scoring.stages.feature.text.hashing_tf import ITEMS

_FIRST_VERSION_WITH_THIS_HASH = 3


def compile_hashing_tf(saved: SavedStage, plan: Plan) -> None:
    """Add a `hash_words` step: array of items -> sparse vector of counts in `numFeatures` slots, by murmur3."""
    version = str(saved.metadata["sparkVersion"])
    if int(version.partition(".")[0]) < _FIRST_VERSION_WITH_THIS_HASH:
        raise CannotCompile(f"Spark {version} saved it, which hashes words differently")
    source, target = saved.read_column_pair()
    params = {
        "size": int(saved.params["numFeatures"]),
        "binary": bool(saved.params["binary"]),
        "type": _find_item_type(source, plan),
    }
    plan.add_step(saved, "hash_words", [source], [(target, "vector")], params=params)


def _find_item_type(column: str, plan: Plan) -> str:
    """Return the type of the items of an array column."""
    type_ = plan.find_column_type(column)
    if column not in plan.code.columns and column not in plan.fields:
        # The output of a stage that could not be compiled.
        return "string"
    item = parse_element_type(type_)
    if item not in ITEMS:
        raise CannotCompile(f"it hashes `{column}`, which is {type_}")
    return item
