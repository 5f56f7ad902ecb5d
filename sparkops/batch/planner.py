"""How a registered model scores a frame: by Spark's own transform, or by the compiled scorer in `mapInArrow`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

# For a version whose ways were not raced when it was registered: beyond this the stages of Spark's transform, compiled to
# Java, are the faster ones. Moving a row to Python and back takes about 8 microseconds, Spark's own transform of the
# flights' logistic pipeline 20.
SLOWEST = 12e-6
_TIMED = 4096


@dataclass(frozen=True, slots=True)
class ScoringMethod:
    """The way chosen, and why.

    Args:
        kind: "mapInArrow" or "transform".
        reason: A clause that says why.
    """

    kind: Literal["mapInArrow", "transform"]
    reason: str

    def __str__(self) -> str:
        return f"{self.kind} ({self.reason})"


def choose_method(
    scorer: Scorer | None,
    race: Mapping[str, float],
    seconds: Callable[[], float],
    frame: DataFrame,
    settings: Settings,
    *,
    afar: Callable[[], str],
    rules: int = 0,
) -> ScoringMethod:
    """Return how a model scores a frame; where it has rules to judge rows by, by what can judge them, if anything can.

    Args:
        scorer: The compiled scorer, if there is one.
        race: Microseconds a row by each way, as `race.raced` measured them; empty where there was no race.
        seconds: Says what a row of a batch takes the scorer; asked only without a race.
        frame: What is to be scored.
        settings: `models.batch` takes the choice away.
        afar: Says why executors elsewhere can't run the scorer; asked only where it would.
        rules: How many rules the model is to judge rows by.
    """
    hindered = _hindrance(scorer, frame, settings)
    if hindered or scorer is None:
        return ScoringMethod("transform", _unjudged(hindered, rules))
    if settings.models.batch == "mapInArrow":
        return ScoringMethod(
            "mapInArrow", "set by models.batch" + (f"; {rules_of(rules)} judged" if rules else "")
        )
    way = _winner(race) if race else _by_pace(seconds())
    if rules:
        way = _judging(way, rules)
    why = afar() if way.kind == "mapInArrow" else ""
    return ScoringMethod("transform", _unjudged(why, rules)) if why else way


def rules_of(count: int) -> str:
    """Return a number of rules as the beginning of a clause."""
    return "its 1 rule is" if count == 1 else f"its {count} rules are"


def _unjudged(reason: str, rules: int) -> str:
    """Return a reason for Spark's own transform, and that it judges no rows."""
    return f"{reason}; {rules_of(rules)} not judged there" if rules else reason


def _judging(way: ScoringMethod, rules: int) -> ScoringMethod:
    though = ", though it is the slower way" if way.kind == "transform" else ""
    return ScoringMethod("mapInArrow", f"{rules_of(rules)} judged only there{though}; {way.reason}")


def _by_pace(took: float) -> ScoringMethod:
    reason = f"the scorer takes {took * 1e6:.1f} us a row in a batch"
    return ScoringMethod("mapInArrow" if took <= SLOWEST else "transform", reason)


def _winner(race: Mapping[str, float]) -> ScoringMethod:
    ours, theirs = race["mapInArrow"], race["transform"]
    if ours <= theirs:
        return ScoringMethod("mapInArrow", f"{ours:g} us a row, transform {theirs:g}, when it was registered")
    return ScoringMethod("transform", f"{theirs:g} us a row, mapInArrow {ours:g}, when it was registered")


def _hindrance(scorer: Scorer | None, frame: DataFrame, settings: Settings) -> str:
    """Return why the scorer can't or may not score the frame; empty where it can."""
    if scorer is None:
        return "the model is not compiled"
    if settings.models.batch == "transform":
        return "set by models.batch"
    return find_unsupported_column(frame)


def find_unsupported_column(frame: DataFrame) -> str:
    """Return which column of a frame can't go to Python and back, as a clause; empty where each can."""
    odd = [field.name for field in frame.schema.fields if "." in field.name or "`" in field.name]
    if odd:
        return f"PySpark's mapInArrow takes no column that is called {odd[0]!r}"
    found = [field.name for field in frame.schema.fields if not _crosses(field.dataType)]
    return f"Arrow does not carry `{found[0]}` to Python" if found else ""


def seconds_per_row(scorer: Scorer, certificate: Path) -> float:
    """Return seconds a row of a batch takes here: the certificate's answered rows over and over, the better of two."""
    from sparkops.scoring.artifact.certificate import read_cases

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
