"""Choose how a registered model scores a frame: Spark's own transform, or the compiled scorer in `mapInArrow`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sparkops.config.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import DataType

    from sparkops.scoring.scorer import Scorer

# For a version without a benchmark. A slower scorer loses against the stages of Spark's transform, which are compiled
# to Java: moving a row to Python and back takes about 8 microseconds, Spark's own transform of the flights' logistic
# pipeline about 20.
MAX_SECONDS_PER_ROW = 12e-6


@dataclass(frozen=True, slots=True)
class ScoringMethod:
    """How a frame is scored.

    Args:
        kind: "mapInArrow" or "transform".
        reason: Why it was chosen, as a clause.
    """

    kind: Literal["mapInArrow", "transform"]
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} ({self.reason})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Chooses the scoring method of one model version.

    Args:
        scorer: The compiled scorer, if there is one.
        settings: `models.batch` decides if it is not "auto".
        benchmark: Microseconds per row of both methods, as `run_benchmark` measured them; may be empty.
        seconds_per_row: Measures the scorer; called only without a benchmark.
        executor_problem: Returns why executors can't run the scorer, or an empty string; called only if it would run.
        rules: Number of row rules to evaluate. Only the scorer evaluates rules, so it is preferred if there are any.
        function_problem: Why executors cannot call the row functions of the model's own stages, as a clause; empty if
            they can.
    """

    scorer: Scorer | None
    settings: Settings
    benchmark: Mapping[str, float]
    seconds_per_row: Callable[[], float]
    executor_problem: Callable[[], str]
    rules: int = 0
    function_problem: str = ""

    def choose(self, frame: DataFrame) -> ScoringMethod:
        """Return the method for a frame."""
        obstacle = self._find_obstacle(frame)
        if obstacle:
            return self._choose_transform(obstacle)
        if self.settings.models.batch == "mapInArrow":
            rules = f"; {_describe_rules(self.rules)} evaluated" if self.rules else ""
            return ScoringMethod("mapInArrow", f"set by models.batch{rules}")
        method = self._choose_faster()
        if self.rules:
            slower = ", although it is slower" if method.kind == "transform" else ""
            rules = f"{_describe_rules(self.rules)} evaluated only there{slower}"
            method = ScoringMethod("mapInArrow", f"{rules}; {method.reason}")
        problem = self.executor_problem() if method.kind == "mapInArrow" else ""
        return self._choose_transform(problem) if problem else method

    def _find_obstacle(self, frame: DataFrame) -> str:
        """Return why the scorer can't or may not score the frame, or an empty string."""
        if self.scorer is None:
            return "the model is not compiled"
        if self.settings.models.batch == "transform":
            return "set by models.batch"
        return self.function_problem or find_unsupported_column(frame)

    def _choose_transform(self, reason: str) -> ScoringMethod:
        rules = f"; {_describe_rules(self.rules)} not evaluated there" if self.rules else ""
        return ScoringMethod("transform", f"{reason}{rules}")

    def _choose_faster(self) -> ScoringMethod:
        if not self.benchmark:
            seconds = self.seconds_per_row()
            faster: Literal["mapInArrow", "transform"] = (
                "mapInArrow" if seconds <= MAX_SECONDS_PER_ROW else "transform"
            )
            return ScoringMethod(faster, f"the scorer takes {seconds * 1e6:.1f} us a row in a batch")
        arrow, transform = self.benchmark["mapInArrow"], self.benchmark["transform"]
        if arrow <= transform:
            return ScoringMethod(
                "mapInArrow", f"{arrow:g} us a row, transform {transform:g}, when it was registered"
            )
        return ScoringMethod(
            "transform", f"{transform:g} us a row, mapInArrow {arrow:g}, when it was registered"
        )


def find_unsupported_column(frame: DataFrame) -> str:
    """Return which column of a frame `mapInArrow` can't take, as a clause; empty if it takes them all."""
    quoted = [field.name for field in frame.schema.fields if "." in field.name or "`" in field.name]
    if quoted:
        return f"PySpark's mapInArrow takes no column that is called {quoted[0]!r}"
    unsupported = [field.name for field in frame.schema.fields if not _has_arrow_type(field.dataType)]
    return f"Arrow does not carry `{unsupported[0]}` to Python" if unsupported else ""


def _describe_rules(count: int) -> str:
    return "its 1 rule is" if count == 1 else f"its {count} rules are"


def _has_arrow_type(data_type: DataType) -> bool:
    """Return whether values of a type are the same after a round trip to Python through Arrow."""
    from pyspark.sql import types as T

    if isinstance(data_type, T.ArrayType):
        return _has_arrow_type(data_type.elementType)
    if isinstance(data_type, T.MapType):
        return _has_arrow_type(data_type.keyType) and _has_arrow_type(data_type.valueType)
    if isinstance(data_type, T.StructType):
        return all(_has_arrow_type(field.dataType) for field in data_type.fields)
    return isinstance(
        data_type,
        T.StringType
        | T.NumericType
        | T.BooleanType
        | T.DateType
        | T.TimestampType
        | T.TimestampNTZType
        | T.BinaryType,
    )
