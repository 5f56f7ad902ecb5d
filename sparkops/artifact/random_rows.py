"""Random rows near a model's edges: known values recombined, with one or two unusual values in each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import isfinite
from random import Random
from typing import Any

from sparkops.scoring.artifact.edge_rows import edge_rows
from sparkops.scoring.ir.field import FLOATING_TYPES
from sparkops.scoring.scorer import Scorer

_EDGE_ROWS = 4000
# Rows drawn for each row that is asked for.
_DRAWS_PER_ROW = 20
# Rows that the scorer refuses are given to Spark one by one, so only a few are generated.
_MAX_REFUSED = 12
# Numbers from this size on get no noise, so that none leaves the range of a float.
_LARGEST_SHIFTED = 1e30


def generate_rows(
    scorer: Scorer, known: Sequence[Mapping[str, Any]], count: int, *, seed: int
) -> list[dict[str, Any]]:
    """Return random rows; the same seed gives the same rows.

    Args:
        scorer: The compiled model.
        known: Rows to take values from; may be empty.
        count: Number of rows.
        seed: Seed of the random choice.
    """
    random = Random(seed)  # noqa: S311 - no secret
    return list(islice(_draw_rows(scorer, known, count * _DRAWS_PER_ROW, random), count))


def _draw_rows(
    scorer: Scorer, known: Sequence[Mapping[str, Any]], draws: int, random: Random
) -> Iterator[dict[str, Any]]:
    edges = edge_rows(scorer.description, known, limit=_EDGE_ROWS)
    rows = [{field.name: row[field.name] for field in scorer.fields} for row in (*known, *edges)]
    scorable = [row for row in rows if isinstance(scorer.answer(row), dict)] or rows
    names = [field.name for field in scorer.fields]
    values = {name: list({repr(row[name]): row[name] for row in rows}.values()) for name in names}
    reals = {field.name for field in scorer.fields if field.type in FLOATING_TYPES}
    refused = 0
    for _ in range(draws if rows and names else 0):
        row = {name: random.choice(scorable)[name] for name in names}
        for name in random.sample(names, random.randint(1, min(2, len(names)))):
            value = random.choice(values[name])
            row[name] = _shift(value, random) if name in reals else value
        is_refused = scorer.answer(row) == "refused"
        refused += is_refused
        if refused <= _MAX_REFUSED or not is_refused:
            yield row


def _shift(value: Any, random: Random) -> Any:
    """Return a real number unchanged in half of the cases, else with Gaussian noise of a quarter of its size."""
    if value is None or not isfinite(value) or random.random() < 0.5:  # noqa: PLR2004 - one half
        return value
    noise = random.gauss(0, 1) * max(1.0, abs(value)) / 4 if abs(value) < _LARGEST_SHIFTED else 0.0
    return value + noise
