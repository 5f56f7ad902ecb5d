"""A frame in two: rows that may be published, and rows to quarantine with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from sparkops.checks.outcome import REASONS
from sparkops.errors import ConfigError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A frame in two."""

    good: DataFrame
    bad: DataFrame


def split(frame: DataFrame, broken: Mapping[str, Column]) -> Split:
    """Split a frame by row conditions.

    Args:
        frame: The frame that was checked.
        broken: Reason to the rows that have it: true for them, false or NULL for others.
    """
    if REASONS in frame.columns:
        raise ConfigError(f"A frame that is checked may not have a column `{REASONS}`; rename or drop it.")
    reasons = [F.when(rows, F.lit(label)) for label, rows in broken.items()]
    marked = frame.withColumn(REASONS, F.filter(F.array(*reasons), lambda reason: reason.isNotNull()))
    held = F.size(F.col(REASONS)) > 0
    return Split(good=marked.filter(~held).drop(REASONS), bad=marked.filter(held))
