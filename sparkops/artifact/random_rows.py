"""Random rows near a model's edges: real values crossed, with an odd one or two among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import isfinite
from random import Random
from typing import Any

from sparkops.scoring.artifact.edge_rows import edge_rows
from sparkops.scoring.ir.field import FLOATING_TYPES
from sparkops.scoring.scorer import Scorer

_EDGES = 4000
_TRIES = 20  # rows drawn for each that is wanted
_REFUSED = 12  # rows among them that the scorer refuses: Spark is asked for each alone


def generate_rows(
    scorer: Scorer, sampled: Sequence[Mapping[str, Any]], count: int, *, seed: int
) -> list[dict[str, Any]]:
    """Return rows that nobody asked for yet; the same for the same seed.

    Args:
        scorer: The compiled model.
        sampled: Rows that are known; may be empty.
        count: Rows to make.
        seed: Of the random choice.
    """
    return list(islice(_drawn(scorer, sampled, count * _TRIES, Random(seed)), count))  # noqa: S311 - no secret


def _drawn(
    scorer: Scorer, sampled: Sequence[Mapping[str, Any]], tries: int, draw: Random
) -> Iterator[dict[str, Any]]:
    edges = edge_rows(scorer.description, sampled, limit=_EDGES)
    rows = [{field.name: row[field.name] for field in scorer.fields} for row in (*sampled, *edges)]
    good = [row for row in rows if isinstance(scorer.answer(row), dict)] or rows
    names = [field.name for field in scorer.fields]
    odd = {name: list({repr(row[name]): row[name] for row in rows}.values()) for name in names}
    reals = {field.name for field in scorer.fields if field.type in FLOATING_TYPES}
    refused = 0
    for _ in range(tries if rows and names else 0):
        row = {name: draw.choice(good)[name] for name in names}
        for name in draw.sample(names, draw.randint(1, min(2, len(names)))):
            value = draw.choice(odd[name])
            row[name] = _moved(value, draw) if name in reals else value
        is_refused = scorer.answer(row) == "refused"
        refused += is_refused
        if refused <= _REFUSED or not is_refused:
            yield row


def _moved(value: Any, draw: Random) -> Any:
    """Return a number, as it is or some way off."""
    if value is None or not isfinite(value) or draw.random() < 0.5:  # noqa: PLR2004 - one half
        return value
    return value + draw.gauss(0, 1) * max(1.0, abs(value)) / 4 if abs(value) < 1e30 else value  # noqa: PLR2004
