"""The certificate between a model's doors: the fitted model asked for all rows at once, its process for each alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, zip_longest
from typing import Any

from sparkops.artifact.certify import Case
from sparkops.artifact.sample import sampled
from sparkops.errors import ParityBroken
from sparkops.pipeline.model import Model
from sparkops.pyfunc.registration.saved_model import Saved
from sparkops.pyfunc.worker.flavor_names import label
from sparkops.pyfunc.worker.worker_process import Answers
from sparkops.scoring.artifact.certificate import compare_answers
from sparkops.scoring.ir.field import REALS, WHOLE_RANGES, Field
from sparkops.scoring.protocol import Answer

SAMPLED = 50  # rows from the training rows, and as many from the held-out rows
EDGES = 60
_log = logging.getLogger("sparkops.registry")


def certified(saved: Saved, model: Model) -> list[Case]:
    """Return the certificate, or raise `ParityBroken` at a row where two doors answer differently.

    Args:
        saved: The saved model, with its process.
        model: What the job returned: where the rows come from.
    """
    names = [field.name for field in saved.manifest.fields]
    frames = [frame for frame in (model.example, model.heldout) if frame is not None]
    rows = [row for frame in frames for row in sampled(frame, names, SAMPLED)]
    rows = [saved.scorer.plain(row) for row in (*rows, *edges(saved.manifest.fields, rows))]
    truth = _halved(saved, rows)
    cases = list(zip(rows, truth, strict=True))
    answered = [case for case in cases if case[1] != "refused"]
    _compared(saved, cases, [saved.scorer.answer(row) for row in rows], "row by row")
    together = saved.scorer.score_batch([row for row, _ in answered]).rows()
    _compared(saved, answered, [row if row is not None else "dropped" for row in together], "in a batch")
    _log.info("certificate: %d rows agree, %d of them refused", len(rows), len(rows) - len(answered))
    return cases


def edges(fields: Sequence[Field], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows that differ from given ones in one field, which is null, zero, large or unseen, field by field."""
    turns = zip_longest(*([(field.name, value) for value in _values(field)] for field in fields))
    pairs = (pair for turn in turns for pair in turn if pair is not None)
    return [{**rows[at % len(rows)], name: value} for at, (name, value) in enumerate(islice(pairs, EDGES))]


def _values(field: Field) -> Iterator[Any]:
    if field.nullable:
        yield None
    if field.type in REALS:
        yield from (0.0, -1.0, 1e6)
    elif field.type in WHOLE_RANGES:
        yield from (0, -1, 100)
    elif field.type == "string":
        yield from ("", "\u2205 never seen")
    elif field.type == "boolean":
        yield from (True, False)


def _compared(saved: Saved, cases: Sequence[Case], mine: Sequence[Answer], door: str) -> None:
    """Raise at the first row that a door answers otherwise than the fitted model does."""
    rtol, atol = saved.manifest.tolerance
    found = compare_answers(
        [answer for _, answer in cases], mine, saved.manifest.outputs, rtol=rtol, atol=atol
    )
    if found:
        first = replace(found[0], reference=label(saved.manifest.flavor))
        raise ParityBroken(
            f"The fitted model and its saved copy, asked {door}, differ on {len(found)} of {len(cases)} rows, so nothing "
            f"was registered. First: {first}; row: {cases[first.index][0]}."
        )


def _halved(saved: Saved, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Ask the fitted model for all rows at once, halving what it refuses until each refused row stands alone."""
    if not rows:
        return []
    try:
        return _rows(saved.truth(saved.scorer.columns(rows)), len(rows))
    except Exception:  # noqa: BLE001 - whatever a model's own code raises at a row is a refusal
        if len(rows) == 1:
            return ["refused"]
    middle = len(rows) // 2
    return [*_halved(saved, rows[:middle]), *_halved(saved, rows[middle:])]


def _rows(got: Answers, count: int) -> list[Answer]:
    return [{name: values[at] for name, (_, _, values) in got.items()} for at in range(count)]
