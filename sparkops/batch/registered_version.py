"""One version of a registered model, as every scoring implementation has it: its identity and the check of a frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact.facts import read_input_types
from sparkops.artifact.frames import find_input_type
from sparkops.batch.frame_scoring import VERSION_COLUMN
from sparkops.batch.planner import ScoringMethod
from sparkops.config.settings import Settings
from sparkops.core.type_names import SIMPLE_INTEGERS
from sparkops.core.wording import find_closest_name
from sparkops.errors import SignatureMismatch

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class RegisteredVersion:
    """The part of `ModelVersion` that all kinds of registered versions share.

    Args:
        name: Registered name.
        version: Version number.
        folder: The model's folder on this machine.
        settings: Settings of the project.
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
        """Return how the last frame was scored, and why; None before the first."""
        return self._scoring_method

    @property
    def rule_summary(self) -> dict[str, Any]:
        """Return how many scored rows violate the model's row rules, as JSON values; empty if no row was evaluated."""
        return {}

    def _check_frame(self, frame: DataFrame, outputs: Iterable[str]) -> None:
        """Raise `SignatureMismatch` if the frame lacks an input column or already has an output column."""
        model = f"{self._name}/{self._version}"
        check_columns(frame, read_input_types(self._folder), model)
        taken = [name for name in (*outputs, VERSION_COLUMN) if name in frame.columns]
        if taken:
            raise SignatureMismatch(
                f"Model {model} adds {', '.join(f'`{name}`' for name in taken)}, "
                "which these rows have already: drop these columns first."
            )


def check_columns(frame: DataFrame, inputs: Mapping[str, str], model: str) -> None:
    """Raise `SignatureMismatch` that names every input column that is missing or of another type.

    Args:
        frame: The frame to score.
        inputs: Columns that the model reads, with their Spark types.
        model: The model's name in the message.
    """
    types = dict(frame.dtypes) | {
        name: type_ for name in inputs if "." in name and (type_ := find_input_type(frame, name))
    }
    problems = [problem for name, type_ in inputs.items() if (problem := _find_problem(name, type_, types))]
    if problems:
        raise SignatureMismatch(f"Model {model} does not fit these rows: {'; '.join(problems)}.")


def _find_problem(name: str, expected: str, types: Mapping[str, str]) -> str:
    """Return why a frame's columns do not fit an input column, as a clause; empty if they do."""
    if name not in types:
        near = find_closest_name(name, types)
        return f"column `{name}` ({expected}) is missing" + (f", did you mean `{near}`?" if near else "")
    actual = types[name]
    # Integers of any size are equivalent as model inputs. A double does not replace an integer: a StringIndexer that
    # learned the label "1" does not know "1.0".
    if actual == expected or (actual in SIMPLE_INTEGERS and expected in SIMPLE_INTEGERS):
        return ""
    return f"column `{name}` is {actual}, the model was trained on {expected}: cast it"
