"""A fitted model for frames that lack columns which Spark's analysis needs, though their values change no answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True, slots=True)
class AnalyzedModel:
    """A fitted model that gets null columns in place of missing ones, such as the label.

    Args:
        fitted: The fitted model.
        unread: Columns that its answers do not depend on: name to Spark type.
    """

    fitted: Any
    unread: Mapping[str, str]

    def transform(self, frame: DataFrame) -> DataFrame:
        """Return what Spark's own transform returns for the frame with the missing columns."""
        from pyspark.sql import functions as F

        present = {name.lower() for name in frame.columns}
        missing = {
            name: F.lit(None).cast(type_)
            for name, type_ in self.unread.items()
            if name.lower() not in present and type_ != "vector"
        }
        scored: DataFrame = self.fitted.transform(frame.withColumns(missing) if missing else frame)
        return scored
