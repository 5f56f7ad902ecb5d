"""How a registered model scores a frame: by Spark's own transform, or by the compiled scorer in `mapInArrow`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from sparkops.config.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import DataType

    from sparkops.scoring.scorer import Scorer

# Beyond this the stages of Spark's transform, compiled to Java, are the faster ones. Moving a row to Python and back
# takes about 8 microseconds, Spark's own transform of the flights' logistic pipeline 20.
SLOWEST = 12e-6
_TIMED = 4096


@dataclass(frozen=True, slots=True)
class Way:
    """The way chosen, and why.

    Args:
        kind: "mapInArrow" or "transform".
        reason: A clause that says why.
    """

    kind: Literal["mapInArrow", "transform"]
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} ({self.reason})"


def choose(scorer: Scorer | None, seconds: Callable[[], float], frame: DataFrame, settings: Settings) -> Way:
    """Return how a model scores a frame.

    Args:
        scorer: The compiled scorer, if there is one.
        seconds: Says what a row of a batch takes the scorer; asked only where that decides.
        frame: What is to be scored.
        settings: `models.batch` takes the choice away; `spark.mode` says where executors run.
    """
    hindered = _hindrance(scorer, frame, settings)
    if hindered or scorer is None:
        return Way("transform", hindered)
    if settings.models.batch == "mapInArrow":
        return Way("mapInArrow", "set by models.batch")
    took = seconds()
    reason = f"the scorer takes {took * 1e6:.1f} us a row in a batch"
    return Way("mapInArrow" if took <= SLOWEST else "transform", reason)


def _hindrance(scorer: Scorer | None, frame: DataFrame, settings: Settings) -> str:
    """Return why the scorer can't or may not run in the executors; empty where it can."""
    if scorer is None:
        return "the model is not compiled"
    if settings.models.batch == "transform":
        return "set by models.batch"
    if settings.models.batch == "auto" and settings.spark.mode != "local":
        return "executors elsewhere; set models.batch to mapInArrow where they have sparkops and pyarrow"
    held_back = [field.name for field in frame.schema.fields if not _crosses(field.dataType)]
    return f"Arrow does not carry `{held_back[0]}` to Python" if held_back else ""


def seconds_a_row(scorer: Scorer, certificate: Path) -> float:
    """Return seconds a row of a batch takes here: the certificate's answered rows over and over, the better of two."""
    from sparkops.scoring.parity import read_cases

    cases = read_cases(certificate.read_text("utf-8"))
    rows = [row for row, answer in cases if isinstance(answer, dict)]
    if not rows:
        return 0.0
    many = list(islice(cycle(rows), _TIMED))
    columns = {field.name: [row[field.name] for row in many] for field in scorer.fields}
    return min(_timed(scorer, columns) for _ in range(2)) / len(many)


def _timed(scorer: Scorer, columns: dict[str, list[object]]) -> float:
    begun = perf_counter()
    scorer.score_batch(columns)
    return perf_counter() - begun


def _crosses(kind: DataType) -> bool:
    """Tell whether Arrow carries a type to Python and back as it is."""
    from pyspark.sql import types as T

    if isinstance(kind, T.ArrayType):
        return _crosses(kind.elementType)
    if isinstance(kind, T.MapType):
        return _crosses(kind.keyType) and _crosses(kind.valueType)
    if isinstance(kind, T.StructType):
        return all(_crosses(field.dataType) for field in kind.fields)
    return isinstance(
        kind,
        T.StringType
        | T.NumericType
        | T.BooleanType
        | T.DateType
        | T.TimestampType
        | T.TimestampNTZType
        | T.BinaryType,
    )
