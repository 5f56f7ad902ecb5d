"""Verify a graph before it is written: onnxruntime runs it, and each answer must equal Spark's or the scorer's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkops.errors import EngineError, ParityBroken, RowError
from sparkops.onnx.inputs import build_feed
from sparkops.onnx.outputs import UNSCORED, GraphAnswer, read_answers
from sparkops.scoring.artifact.certificate import Difference, compare_answers
from sparkops.scoring.ir.description import Description, Output
from sparkops.scoring.protocol import Answer, Case
from sparkops.scoring.scorer import Scorer


@dataclass(frozen=True, slots=True)
class Verification:
    """What was compared.

    Args:
        rows: Rows that were scored, each alone and all at once.
        unscored: How many of them neither the graph nor the model answers.
    """

    rows: int
    unscored: int


class OnnxScorer:
    """A graph that onnxruntime runs, with rows and answers as the scorer has them.

    Args:
        description: The model.
        model: Its graph, an `onnx.ModelProto`.
        nulls: Whether the graph takes rows with null.
    """

    def __init__(self, description: Description, model: Any, *, nulls: bool = True) -> None:
        self._description, self._nulls = description, nulls
        self._session = _start_session(model)
        self._names = [output.name for output in self._session.get_outputs()]

    def score(self, rows: Sequence[Mapping[str, Any]]) -> list[GraphAnswer]:
        """Return the answer of each row, all of them from one run of the graph."""
        tensors = self._session.run(None, build_feed(self._description, rows, nulls=self._nulls))
        return read_answers(self._description, dict(zip(self._names, tensors, strict=True)))


def verify(
    description: Description, model: Any, cases: Sequence[Case], *, nulls: bool = True
) -> Verification:
    """Compare a graph with the known answers of some rows.

    Args:
        description: The model.
        model: Its graph, with `rawPrediction`.
        cases: Rows with their answers; rows that no tensor can hold are skipped.
        nulls: Whether the graph takes rows with null.

    Raises:
        ParityBroken: Some answer differs; the message shows the first.
    """
    comparable = [case for case in cases if _fits_tensors(description, case[0], nulls=nulls)]
    rows = [row for row, _ in comparable]
    expected = [UNSCORED if isinstance(answer, str) else answer for _, answer in comparable]
    scorer = OnnxScorer(description, model, nulls=nulls)
    one_by_one = [answer for row in rows for answer in scorer.score([row])]
    at_once = scorer.score(rows) if rows else []
    for actual, mode in ((one_by_one, ""), (at_once, " among the others")):
        differences = _find_differences(expected, actual, description.outputs)
        if differences:
            first = differences[0]
            raise ParityBroken(
                f"The graph and the model differ on {len(differences)} of {len(rows)} rows, so nothing was written. "
                f"First: {first.output or 'the answer'}{mode} is {first.expected!r}, in the graph {first.actual!r}; "
                f"row: {dict(rows[first.index])}."
            )
    return Verification(len(rows), expected.count(UNSCORED))


def score_cases(scorer: Scorer, rows: Sequence[Mapping[str, Any]]) -> list[Case]:
    """Return rows with the scorer's answers by Spark's column names; a label has its own name."""
    columns = {output.name: output.column or output.name for output in scorer.outputs}
    cases: list[Case] = []
    for row in rows:
        answer = scorer.answer(row)
        by_column: Answer = (
            answer if isinstance(answer, str) else {columns[name]: answer[name] for name in answer}
        )
        cases.append((dict(row), by_column))
    return cases


def _find_differences(
    expected: Sequence[GraphAnswer], actual: Sequence[GraphAnswer], outputs: Sequence[Output]
) -> list[Difference]:
    known = [
        output
        for output in outputs
        if all(isinstance(answer, str) or (output.column or output.name) in answer for answer in expected)
    ]
    # UNSCORED is compared like the scorer's "refused": equal to itself, and to no answer.
    differences = compare_answers(expected, actual, known)  # type: ignore[arg-type]
    if differences:
        return differences
    labels = [output for output in known if output.column is None]
    predictions = [output for output in known if output.role == "prediction"]
    return [
        difference
        for label in labels
        for prediction in predictions
        for difference in _find_label_differences(label, prediction, expected, actual)
    ]


def _find_label_differences(
    label: Output, prediction: Output, expected: Sequence[GraphAnswer], actual: Sequence[GraphAnswer]
) -> Iterator[Difference]:
    """Yield rows whose label differs although the class is the same; a different class was accepted as a tie before."""
    for index, (reference, answer) in enumerate(zip(expected, actual, strict=True)):
        if isinstance(reference, str) or isinstance(answer, str):
            continue
        same_class = reference[str(prediction.column)] == answer[prediction.name]
        if same_class and reference[label.name] != answer[label.name]:
            yield Difference(index, label.name, reference[label.name], answer[label.name])


def _fits_tensors(description: Description, row: Mapping[str, Any], *, nulls: bool) -> bool:
    """Return whether tensors can hold a row: each value is of its field's type, and null only if the graph takes it."""
    if not nulls and any(row[field.name] is None for field in description.fields):
        return False
    try:
        for field in description.fields:
            field.make_reader()(row[field.name])
    except RowError:
        return False
    return True


def _start_session(model: Any) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise EngineError("onnxruntime is not installed here: pip install 'sparkops[onnx]'.") from error
    options = onnxruntime.SessionOptions()
    # Errors only: onnxruntime warns of every input that may be left out.
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
