"""The certificate of a model of another flavor run again: its kept rows, and new ones, each alone and all in a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from sparkops.errors import ModelError
from sparkops.pyfunc.worker.open_scorer import opened
from sparkops.pyfunc.worker.process_settings import Running
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.scoring.artifact.certificate import Difference, compare_answers, find_differences, read_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.locate.model_uri import Located
from sparkops.scoring.protocol import Answer


@dataclass(frozen=True, slots=True)
class Rechecked:
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


def trouble(found: Located, running: Running) -> str:
    """Return why a model is not ready, as a part of a sentence; empty when it is."""
    try:
        with closing(opened(found, running)) as scorer:
            differences = rechecked(scorer, found.folder, rows=0, seed=0).kept_differences
    except (ModelError, ValueError, OSError) as error:
        return str(error)
    return (
        f"{len(differences)} rows differ from its certificate, first: {differences[0]}" if differences else ""
    )


def rechecked(scorer: PyfuncScorer, folder: Path, *, rows: int, seed: int) -> Rechecked:
    """Ask a model's process for its certificate and for new rows.

    Args:
        scorer: The model.
        folder: Its folder, with the certificate.
        rows: How many new rows.
        seed: Of the new rows.
    """
    cases = read_cases((folder / CERTIFICATE).read_text("utf-8"))
    fresh = _crossed([row for row, answer in cases if isinstance(answer, dict)], rows, seed)
    return Rechecked(
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
