"""Check again that a compiled scorer equals Spark: on its certificate and on random rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow

from sparkops.artifact.certify import MAX_REFUSED, find_refused, sample_evenly
from sparkops.artifact.compiled_scorer import ORIGIN, find_spark_model, read_unread_columns
from sparkops.artifact.facts import awaits_certificate, read_unread_types, record_parity
from sparkops.artifact.mlflow_folder import SPARK_MODEL
from sparkops.artifact.random_rows import generate_rows
from sparkops.artifact.saved_spark_model import SavedSparkModel
from sparkops.artifact.spark_reference import Row, SparkReference, to_json_value
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.sql.session_binding import find_session_conf
from sparkops.errors import NotCompiled
from sparkops.scoring import edge_rows, load
from sparkops.scoring.artifact.certificate import (
    Difference,
    compare_answers,
    dump_cases,
    find_differences,
    read_certificate,
)
from sparkops.scoring.artifact.file_names import CERTIFICATE, DESCRIPTION, SCORER
from sparkops.scoring.ir.description import Description
from sparkops.scoring.locate.model_uri import find_scorer_folder
from sparkops.scoring.protocol import Case
from sparkops.scoring.scorer import Scorer


@dataclass(frozen=True, slots=True)
class ParityResult:
    """Spark's answers compared with the scorer's.

    Args:
        spark_version: Version of the Spark that answered.
        cases: Rows that both scored, with Spark's answers.
        refused: Number of them that the scorer refuses.
        differences: Where the two differ; `index` is a position in `cases`.
    """

    spark_version: str
    cases: tuple[Case, ...]
    refused: int
    differences: tuple[Difference, ...]

    @property
    def rows(self) -> int:
        """Return the number of compared rows."""
        return len(self.cases)

    @property
    def answered_rows(self) -> int:
        """Return the number of rows that Spark neither refused nor dropped."""
        return sum(isinstance(answer, dict) for _, answer in self.cases)

    def list_messages(self) -> list[str]:
        """Return a line for each difference, with its row."""
        return [f"{difference}; {self.cases[difference.index][0]}" for difference in self.differences]


@dataclass(frozen=True, slots=True)
class ParityCheck:
    """A scorer, the Spark model that it must equal, and the rows to compare.

    Args:
        folder: Folder of the scorer.
        spark_model: Folder of the Spark model.
        unread: Types of further columns that Spark's analysis may need.
        scorer: The scorer, with `rawPrediction`.
        cases: The certificate; empty if there is none.
        random_rows: New rows.
        seed: Seed of the new rows.
        good_rows: Rows that the model accepts, of a model without a certificate.
    """

    folder: Path
    spark_model: Path
    unread: Mapping[str, str]
    scorer: Scorer
    cases: tuple[Case, ...]
    random_rows: tuple[dict[str, object], ...]
    seed: int
    good_rows: tuple[Row, ...] = ()

    @classmethod
    def for_model(
        cls, model: Path, *, rows: int = 200, seed: int | None = None, code: Path | None = None
    ) -> ParityCheck:
        """Return the check of a model folder, or of a folder that `models compile` wrote.

        Args:
            model: The folder.
            rows: Number of random rows.
            seed: Seed of the random rows; None chooses one.
            code: Code of the model's row functions, if it may be run.

        Raises:
            NotCompiled: The folder contains no scorer.
        """
        folder = find_scorer_folder(model)
        if not (folder / DESCRIPTION).is_file():
            raise NotCompiled(
                f"{model} holds no scorer. Make one: `sparkops models compile {model} --into DIR`."
            )
        if folder == model:
            spark_model, unread = find_spark_model(folder), read_unread_columns(folder)
        else:
            spark_model, unread = model / SPARK_MODEL, read_unread_types(model)
        scorer = load(folder, raw=True, code=code)
        file = folder / CERTIFICATE
        cases = tuple(read_certificate(file)) if file.is_file() else ()
        seed = randbelow(10**6) if seed is None else seed
        new_rows = generate_rows(scorer, [row for row, _ in cases], rows, seed=seed)
        return cls(folder, spark_model, unread, scorer, cases, tuple(new_rows), seed)

    @classmethod
    def for_description(
        cls, description: Description, model: SavedSparkModel, good_rows: Sequence[Row], *, rows: int = 200
    ) -> ParityCheck:
        """Return the check of a scorer that is not written yet; the same model gets the same rows.

        Args:
            description: The compiled model.
            model: The saved model that it was compiled from.
            good_rows: Rows that the model accepts, as plain values.
            rows: Number of random rows.
        """
        scorer, seed = Scorer(description, raw=True), 0
        unread = {field.name: field.type for field in model.fields if field.name in description.ignored}
        new_rows = tuple(generate_rows(scorer, good_rows, rows, seed=seed))
        return cls(model.folder, model.folder, unread, scorer, (), new_rows, seed, tuple(good_rows))

    @property
    def spark_version(self) -> str:
        """Return the version of Spark that saved the model; empty if unknown."""
        return str(SavedStage.read(self.spark_model).metadata.get("sparkVersion", ""))

    def check_certificate(self) -> list[Difference]:
        """Return where the scorer differs from the answers in the certificate; no Spark is used."""
        return find_differences(self.scorer, self.cases)

    def compare(self, reference: SparkReference) -> ParityResult:
        """Score the certificate's rows and the random rows with Spark and with the scorer.

        Of the rows that the scorer refuses, at most `MAX_REFUSED` are compared. Without a certificate, edge rows are
        added.
        """
        rows = self._list_rows()
        actual = [self.scorer.answer(row) for row in rows]
        accepted = [index for index, answer in enumerate(actual) if answer != "refused"]
        refused = sample_evenly(find_refused(self.scorer, rows, actual), MAX_REFUSED)
        order = [*accepted, *refused]
        request = {
            "fields": [{"name": field.name, "type": field.type} for field in self.scorer.fields],
            "unread": [{"name": name, "type": type_} for name, type_ in self.unread.items()],
            "columns": [output.column for output in self.scorer.outputs if output.column is not None],
            "together": len(accepted),
            "conf": find_session_conf(self.scorer.description),
        }
        version, expected = reference(self.spark_model, request, [rows[index] for index in order])
        answers = [to_json_value(actual[index]) for index in order]
        differences = compare_answers(expected, answers, self.scorer.outputs)
        cases = tuple((dict(rows[index]), answer) for index, answer in zip(order, expected, strict=True))
        return ParityResult(version, cases, len(refused), tuple(differences))

    def write_certificate(self, result: ParityResult) -> Path | None:
        """Write the compared rows as the certificate of a scorer that `models compile` wrote, if it has none yet."""
        file, model = self.folder / CERTIFICATE, self.folder.parent
        is_mlflow_folder = self.folder.name == SCORER and awaits_certificate(model)
        if file.is_file() or not (is_mlflow_folder or (self.folder / ORIGIN).is_file()):
            return None
        file.write_text(dump_cases((to_json_value(row), answer) for row, answer in result.cases), "utf-8")
        if is_mlflow_folder:
            record_parity(model, result.rows)
        return file

    def _list_rows(self) -> Sequence[Row]:
        if self.cases:
            return [*(row for row, _ in self.cases), *self.random_rows]
        return [*self.good_rows, *edge_rows(self.scorer.description, self.good_rows), *self.random_rows]
