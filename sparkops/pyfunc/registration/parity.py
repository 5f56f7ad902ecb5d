"""Parity of a pyfunc model: the fitted model, its process row by row, and its process in a batch must agree.

The certificate of a compiled Spark model compares two implementations (`artifact.certify`). Here the implementation is
the same, but it may depend on serialization, on the types of a row's frame, and on the rows scored with it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from pathlib import Path
from random import Random
from typing import Any

from sparkops.artifact.frames import sample_rows
from sparkops.artifact.spark_answers import bisect_refused
from sparkops.errors import ModelError, ParityBroken
from sparkops.pipeline.model import Model
from sparkops.pyfunc.registration.prepared_model import PreparedModel
from sparkops.pyfunc.worker.flavor_names import format_flavor
from sparkops.pyfunc.worker.open_scorer import open_pyfunc_scorer
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.pyfunc.worker.worker_settings import WorkerSettings
from sparkops.scoring.artifact.certificate import Difference, find_differences, read_certificate
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.ir.field import FLOATING_TYPES, INTEGER_RANGES, Field
from sparkops.scoring.locate.model_uri import LocatedModel
from sparkops.scoring.protocol import Answer, Case

# Rows taken from the training rows, and as many from the held-out rows.
_SAMPLE_ROWS = 50
_EDGE_ROWS = 60
_log = logging.getLogger("sparkops.registry")


def certify_pyfunc_model(prepared: PreparedModel, model: Model) -> list[Case]:
    """Return the certificate: sampled rows and edge rows with the fitted model's answers.

    Args:
        prepared: The saved model, with its process.
        model: What the job returned; its rows are sampled.

    Raises:
        ParityBroken: The fitted model and the process of its saved copy differ on some row.
    """
    scorer = prepared.scorer
    names = [field.name for field in prepared.manifest.fields]
    frames = [frame for frame in (model.example, model.heldout) if frame is not None]
    rows = [row for frame in frames for row in sample_rows(frame, names, _SAMPLE_ROWS)]
    rows = [scorer.to_json_row(row) for row in (*rows, *_build_edge_rows(prepared.manifest.fields, rows))]
    cases = list(zip(rows, _answer_with_fitted(prepared, rows), strict=True))
    _require_equal(prepared, cases, [scorer.answer(row) for row in rows], "row by row")
    answered = [case for case in cases if case[1] != "refused"]
    _require_equal(prepared, answered, scorer.answer_batch([row for row, _ in answered]), "in a batch")
    _log.info("certificate: %d rows agree, %d of them refused", len(rows), len(rows) - len(answered))
    return cases


@dataclass(frozen=True, slots=True)
class PyfuncParityResult:
    """Differences that a check of a pyfunc model found.

    Args:
        certificate_rows: Number of rows of the certificate.
        random_rows: Number of new rows, recombined from values of the certificate.
        certificate_differences: Where an answer is not that of the certificate.
        batch_differences: Where the answers to a new row, alone and in a batch, differ.
    """

    certificate_rows: int
    random_rows: int
    certificate_differences: tuple[Difference, ...]
    batch_differences: tuple[Difference, ...]


def verify_pyfunc_model(located: LocatedModel, settings: WorkerSettings) -> str:
    """Re-score the certificate of a pyfunc model; return why the model is not usable, or an empty string.

    The reason reads as a part of a sentence.
    """
    try:
        with closing(open_pyfunc_scorer(located, settings)) as scorer:
            differences = check_parity(scorer, located.folder, rows=0, seed=0).certificate_differences
    except (ModelError, ValueError, OSError) as error:
        return str(error)
    if not differences:
        return ""
    return f"{len(differences)} rows differ from its certificate, first: {differences[0]}"


def check_parity(scorer: PyfuncScorer, folder: Path, *, rows: int, seed: int) -> PyfuncParityResult:
    """Score the certificate row by row, and new rows both row by row and in a batch.

    Args:
        scorer: The model.
        folder: Its folder, with the certificate.
        rows: Number of new rows.
        seed: Seed of the new rows.
    """
    cases = read_certificate(folder / CERTIFICATE)
    new_rows = _recombine([row for row, answer in cases if isinstance(answer, dict)], rows, seed)
    return PyfuncParityResult(
        certificate_rows=len(cases),
        random_rows=len(new_rows),
        certificate_differences=tuple(find_differences(scorer, cases)),
        batch_differences=tuple(_compare_batch(scorer, new_rows)),
    )


def _build_edge_rows(fields: Sequence[Field], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return given rows with one field changed to an edge value (null, zero, large, unseen); fields take turns."""
    turns = zip_longest(*([(field.name, value) for value in _list_edge_values(field)] for field in fields))
    changes = (change for turn in turns for change in turn if change is not None)
    return [
        {**rows[index % len(rows)], name: value}
        for index, (name, value) in enumerate(islice(changes, _EDGE_ROWS))
    ]


def _list_edge_values(field: Field) -> Iterator[Any]:
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


def _answer_with_fitted(prepared: PreparedModel, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Return the fitted model's answers; whatever its own code raises at a row is a refusal."""

    def score(batch: Sequence[Mapping[str, Any]]) -> list[Answer]:
        answers = prepared.predict(prepared.scorer.to_json_columns(batch))
        return [
            {name: values[index] for name, (_, _, values) in answers.items()} for index in range(len(batch))
        ]

    return bisect_refused(score, rows, lambda error: True)  # noqa: ARG005


def _require_equal(
    prepared: PreparedModel, cases: Sequence[Case], actual: Sequence[Answer], mode: str
) -> None:
    """Raise `ParityBroken` if answers of the process differ from the fitted model's.

    Args:
        prepared: The model.
        cases: Rows with the fitted model's answers.
        actual: Answers of the process.
        mode: How the process was asked, for the message.
    """
    differences = prepared.scorer.compare([answer for _, answer in cases], actual)
    if differences:
        first = replace(differences[0], reference=format_flavor(prepared.manifest.flavor))
        raise ParityBroken(
            f"The fitted model and its saved copy, asked {mode}, differ on {len(differences)} of {len(cases)} rows, so "
            f"nothing was registered. First: {first}; row: {cases[first.index][0]}."
        )


def _recombine(known: Sequence[Mapping[str, Any]], count: int, seed: int) -> list[dict[str, Any]]:
    """Return rows whose fields come from different known rows."""
    random = Random(seed)  # noqa: S311 - no secret
    return [{name: random.choice(known)[name] for name in known[0]} for _ in range(count if known else 0)]


def _compare_batch(scorer: PyfuncScorer, rows: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """Return where the answer to a row in a batch differs from the answer to the row alone."""
    single = [scorer.answer(row) for row in rows]
    accepted = [index for index, answer in enumerate(single) if isinstance(answer, dict)]
    batch = scorer.answer_batch([rows[index] for index in accepted])
    differences = scorer.compare(batch, [single[index] for index in accepted])
    return [replace(difference, reference="a batch") for difference in differences]
