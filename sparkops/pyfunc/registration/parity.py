"""The certificate between a model's doors: the fitted model asked for all rows at once, its process for each alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from pathlib import Path
from random import Random
from typing import Any

from sparkops.artifact.certify import Case
from sparkops.artifact.frames import sample_rows
from sparkops.errors import ModelError, ParityBroken
from sparkops.pipeline.model import Model
from sparkops.pyfunc.registration.prepared_model import PreparedModel
from sparkops.pyfunc.worker.environment import WorkerSettings
from sparkops.pyfunc.worker.flavor_names import flavor_label
from sparkops.pyfunc.worker.open_scorer import open_pyfunc_scorer
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.pyfunc.worker.worker_process import Answers
from sparkops.scoring.artifact.certificate import Difference, compare_answers, find_differences, read_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.ir.field import FLOATING_TYPES, INTEGER_RANGES, Field
from sparkops.scoring.locate.model_uri import LocatedModel
from sparkops.scoring.protocol import Answer

SAMPLED = 50  # rows from the training rows, and as many from the held-out rows
EDGES = 60
_log = logging.getLogger("sparkops.registry")


def certify_pyfunc_model(saved: PreparedModel, model: Model) -> list[Case]:
    """Return the certificate, or raise `ParityBroken` at a row where two doors answer differently.

    Args:
        saved: The saved model, with its process.
        model: What the job returned: where the rows come from.
    """
    names = [field.name for field in saved.manifest.fields]
    frames = [frame for frame in (model.example, model.heldout) if frame is not None]
    rows = [row for frame in frames for row in sample_rows(frame, names, SAMPLED)]
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
    if field.type in FLOATING_TYPES:
        yield from (0.0, -1.0, 1e6)
    elif field.type in INTEGER_RANGES:
        yield from (0, -1, 100)
    elif field.type == "string":
        yield from ("", "\u2205 never seen")
    elif field.type == "boolean":
        yield from (True, False)


def _compared(saved: PreparedModel, cases: Sequence[Case], mine: Sequence[Answer], door: str) -> None:
    """Raise at the first row that a door answers otherwise than the fitted model does."""
    rtol, atol = saved.manifest.tolerance
    found = compare_answers(
        [answer for _, answer in cases], mine, saved.manifest.outputs, rtol=rtol, atol=atol
    )
    if found:
        first = replace(found[0], reference=flavor_label(saved.manifest.flavor))
        raise ParityBroken(
            f"The fitted model and its saved copy, asked {door}, differ on {len(found)} of {len(cases)} rows, so nothing "
            f"was registered. First: {first}; row: {cases[first.index][0]}."
        )


def _halved(saved: PreparedModel, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
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


@dataclass(frozen=True, slots=True)
class PyfuncParityResult:
    """What a model's process said.

    Args:
        kept: Rows of the certificate.
        fresh: New rows, of values that stand in it.
        kept_differences: Where its answers to kept rows are not those of the certificate.
        fresh_differences: Where a new row alone is answered otherwise than in a batch.
    """

    kept: int
    fresh: int
    kept_differences: tuple[Difference, ...]
    fresh_differences: tuple[Difference, ...]


def verify_pyfunc_model(found: LocatedModel, running: WorkerSettings) -> str:
    """Return why a model is not ready, as a part of a sentence; empty when it is."""
    try:
        with closing(open_pyfunc_scorer(found, running)) as scorer:
            differences = check_parity(scorer, found.folder, rows=0, seed=0).kept_differences
    except (ModelError, ValueError, OSError) as error:
        return str(error)
    return (
        f"{len(differences)} rows differ from its certificate, first: {differences[0]}" if differences else ""
    )


def check_parity(scorer: PyfuncScorer, folder: Path, *, rows: int, seed: int) -> PyfuncParityResult:
    """Ask a model's process for its certificate and for new rows.

    Args:
        scorer: The model.
        folder: Its folder, with the certificate.
        rows: How many new rows.
        seed: Of the new rows.
    """
    cases = read_cases((folder / CERTIFICATE).read_text("utf-8"))
    fresh = _crossed([row for row, answer in cases if isinstance(answer, dict)], rows, seed)
    return PyfuncParityResult(
        len(cases), len(fresh), tuple(find_differences(scorer, cases)), tuple(_both_ways(scorer, fresh))
    )


def _crossed(known: Sequence[Mapping[str, Any]], count: int, seed: int) -> list[dict[str, Any]]:
    """Return rows whose fields come from several known ones."""
    draw = Random(seed)  # noqa: S311 - no secret
    return [{name: draw.choice(known)[name] for name in known[0]} for _ in range(count if known else 0)]


def _both_ways(scorer: PyfuncScorer, rows: Sequence[Mapping[str, Any]]) -> list[Difference]:
    alone = [scorer.answer(row) for row in rows]
    taken = [at for at, answer in enumerate(alone) if isinstance(answer, dict)]
    together = scorer.score_batch([rows[at] for at in taken]).rows()
    batch: list[Answer] = [row if row is not None else "dropped" for row in together]
    rtol, atol = scorer.tolerance
    found = compare_answers(batch, [alone[at] for at in taken], scorer.outputs, rtol=rtol, atol=atol)
    return [replace(each, reference="a batch") for each in found]
