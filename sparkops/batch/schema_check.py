"""Whether a frame has the columns that a model reads, in types that mean the same to it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from sparkops.errors import SignatureMismatch

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_WHOLE = frozenset(("tinyint", "smallint", "int", "bigint"))


def check_fit(frame: DataFrame, inputs: Mapping[str, str], model: str) -> None:
    """Raise `SignatureMismatch` naming every column that is missing or of another type.

    Whole numbers of any size mean the same to a model. A double where an integer was does not: an index of strings
    knows "1", not "1.0".

    Args:
        frame: What is to be scored.
        inputs: Columns the model reads, with their Spark types.
        model: What to call the model in the message.
    """
    has = dict(frame.dtypes)
    problems = [_problem(name, kind, has) for name, kind in inputs.items()]
    told = [problem for problem in problems if problem]
    if told:
        raise SignatureMismatch(f"Model {model} does not fit these rows: {'; '.join(told)}.")


def _problem(name: str, kind: str, has: Mapping[str, str]) -> str:
    if name not in has:
        near = get_close_matches(name, has, n=1)
        return f"column `{name}` ({kind}) is missing" + (f", did you mean `{near[0]}`?" if near else "")
    found = has[name]
    if found == kind or (found in _WHOLE and kind in _WHOLE):
        return ""
    return f"column `{name}` is {found}, the model was trained on {kind}: cast it"
