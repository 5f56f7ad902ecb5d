"""One version of a registered model as a Spark job holds it: its name, its folder, and whether a frame has room for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact.facts import read_input_types
from sparkops.batch.frame_scoring import VERSION_COLUMN
from sparkops.batch.planner import ScoringMethod
from sparkops.config.settings import Settings
from sparkops.errors import SignatureMismatch

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class RegisteredVersion:
    """What every kind of registered version has of `ModelVersion`.

    Args:
        name: Registered name.
        version: Version number.
        folder: The model's folder on this machine.
        settings: Where Spark and a model's processes run.
    """

    def __init__(self, name: str, version: int, folder: Path, settings: Settings) -> None:
        self._name, self._version, self._folder, self._settings = name, version, folder, settings
        self._scoring_method: ScoringMethod | None = None

    @property
    def name(self) -> str:
        """Return the registered name."""
        return self._name

    @property
    def version(self) -> int:
        """Return the pinned version."""
        return self._version

    @property
    def uri(self) -> str:
        """Return `models:/name/version`."""
        return f"models:/{self._name}/{self._version}"

    @property
    def scoring_method(self) -> ScoringMethod | None:
        """Return how the last frame was scored, and why so."""
        return self._scoring_method

    @property
    def rule_summary(self) -> dict[str, Any]:
        """Return what rules found in the frames that it scored, as JSON values; empty where none judged a row."""
        return {}

    def _check(self, frame: DataFrame, answers: Iterable[str]) -> None:
        """Raise `SignatureMismatch` when the frame lacks a column the model reads, or has one it would add."""
        told = f"{self._name}/{self._version}"
        check_columns(frame, read_input_types(self._folder), told)
        taken = [name for name in (*answers, VERSION_COLUMN) if name in frame.columns]
        if taken:
            raise SignatureMismatch(
                f"Model {told} adds {', '.join(f'`{name}`' for name in taken)}, "
                "which these rows have already: drop it first."
            )


_WHOLE = frozenset(("tinyint", "smallint", "int", "bigint"))


def check_columns(frame: DataFrame, inputs: Mapping[str, str], model: str) -> None:
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
