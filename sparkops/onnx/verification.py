"""The gate of an export: onnxruntime runs the graph, and each answer must be Spark's, or the scorer's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkops.errors import EngineError, ParityBroken, RowError
from sparkops.onnx.answers import UNSCORED, Told, answers
from sparkops.onnx.inputs import feed
from sparkops.scoring.artifact.certificate import Difference, compare_answers
from sparkops.scoring.ir.description import Description, Output
from sparkops.scoring.scorer import Scorer

Case = tuple[Mapping[str, Any], Any]
"""A row, and its answer by Spark's column names, or the word for why there is none."""


@dataclass(frozen=True, slots=True)
class Proved:
    """What the gate compared.

    Args:
        rows: Rows, each alone and all of them together.
        unscored: How many of them have no answer, in the graph as in the model.
    """

    rows: int
    unscored: int


class Graphed:
    """A graph that onnxruntime runs, as rows and answers.

    Args:
        description: The model.
        model: Its graph, an `onnx.ModelProto`.
        nulls: As the graph was made.
    """

    def __init__(self, description: Description, model: Any, *, nulls: bool = True) -> None:
        self._description, self._nulls = description, nulls
        self._session = _session(model)
        self._names = [output.name for output in self._session.get_outputs()]

    def answers(self, rows: Sequence[Mapping[str, Any]]) -> list[Told]:
        """Return the answer of each row; all of them are run at once."""
        given = self._session.run(None, feed(self._description, rows, nulls=self._nulls))
        return answers(self._description, dict(zip(self._names, given, strict=True)))


def prove(description: Description, model: Any, cases: Sequence[Case], *, nulls: bool = True) -> Proved:
    """Compare a graph with what is known of some rows, or raise `ParityBroken` at the first that differs.

    Args:
        description: The model.
        model: Its graph, with `rawPrediction`.
        cases: Rows with their answers; those that no tensor can hold are passed over.
        nulls: As the graph was made.
    """
    kept = [case for case in cases if _held(description, case[0], nulls=nulls)]
    rows, expected = [row for row, _ in kept], [_told(answer) for _, answer in kept]
    graphed = Graphed(description, model, nulls=nulls)
    alone = [answer for row in rows for answer in graphed.answers([row])]
    together = graphed.answers(rows) if rows else []
    for found, how in ((alone, ""), (together, " among the others")):
        differences = _differ(expected, found, description.outputs)
        if differences:
            first = differences[0]
            raise ParityBroken(
                f"The graph and the model differ on {len(differences)} of {len(rows)} rows, so nothing was written. First: "
                f"{first.output or 'the answer'}{how} is {first.expected!r}, in the graph {first.actual!r}; "
                f"row: {dict(rows[first.index])}."
            )
    return Proved(len(rows), expected.count(UNSCORED))


def scored_cases(scorer: Scorer, rows: Sequence[Mapping[str, Any]]) -> list[Case]:
    """Return rows with the scorer's answers, by Spark's column names; a label by its own."""
    columns = {output.name: output.column or output.name for output in scorer.outputs}
    found: list[Case] = []
    for row in rows:
        answer = scorer.answer(row)
        named = answer if isinstance(answer, str) else {columns[name]: answer[name] for name in answer}
        found.append((row, named))
    return found


def _differ(expected: Sequence[Told], found: Sequence[Told], outputs: Sequence[Output]) -> list[Difference]:
    known = [
        output
        for output in outputs
        if all(isinstance(answer, str) or (output.column or output.name) in answer for answer in expected)
    ]
    # UNSCORED is a word as a scorer's "refused" is: equal to itself, and to no answer
    differences = compare_answers(expected, found, known)  # type: ignore[arg-type]
    labels = [output for output in known if output.column is None]
    classes = [output for output in known if output.role == "prediction"]
    pairs = ((label, own) for label in labels for own in classes)
    return differences or [each for pair in pairs for each in _labels(*pair, expected, found)]


def _labels(
    label: Output, own: Output, expected: Sequence[Told], found: Sequence[Told]
) -> Iterator[Difference]:
    """Yield where a class has another label; another class was told before, or is a tie."""
    for at, (one, other) in enumerate(zip(expected, found, strict=True)):
        if isinstance(one, str) or isinstance(other, str) or one[str(own.column)] != other[own.name]:
            continue
        if one[label.name] != other[label.name]:
            yield Difference(at, label.name, one[label.name], other[label.name])


def _told(answer: Any) -> Told:
    return UNSCORED if isinstance(answer, str) else answer


def _held(description: Description, row: Mapping[str, Any], *, nulls: bool) -> bool:
    """Tell whether tensors can hold a row: each value of its field's type, and null where the graph takes it."""
    if not nulls and any(row[field.name] is None for field in description.fields):
        return False
    try:
        for field in description.fields:
            field.reader()(row[field.name])
    except RowError:
        return False
    return True


def _session(model: Any) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise EngineError("onnxruntime is not installed here: pip install 'sparkops[onnx]'.") from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # an input that may be left out is told of at every start
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
