"""A model's certificate run again: by the scorer alone, and against a Spark, this one or another version."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow
from typing import TYPE_CHECKING, Any

from sparkops.artifact import spark_answers
from sparkops.artifact.certify import MAX_REFUSED, Case, evenly_spaced
from sparkops.artifact.compiled_scorer import ORIGIN, find_spark_model
from sparkops.artifact.mlflow_folder import SPARK_MODEL
from sparkops.artifact.random_rows import generate_rows
from sparkops.compiler.saved_stage import SavedStage
from sparkops.errors import EngineError, NotCompiled
from sparkops.scoring import edge_rows, load
from sparkops.scoring.artifact.certificate import (
    Difference,
    compare_answers,
    dump_cases,
    find_differences,
    read_cases,
)
from sparkops.scoring.artifact.file_names import CERTIFICATE, DESCRIPTION
from sparkops.scoring.locate.model_uri import find_scorer_folder
from sparkops.scoring.scorer import Scorer

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Row = Mapping[str, Any]
SparkReference = Callable[[Path, Mapping[str, Any], Sequence[Row]], tuple[str, list[Any]]]
"""From a saved model, what is asked (see `spark_answers.answers`) and rows to Spark's version and its answers."""

# What tells pyspark to use another Spark, or Python another library, than the interpreter's own.
_FOREIGN = re.compile(r"SPARK_.*|PYSPARK_.*|PYTHONPATH|PYTHONHOME|VIRTUAL_ENV|__PYVENV_LAUNCHER__")
_RAISED = re.compile(r"^[\w.]*(?:Error|Exception)\b.*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ParityResult:
    """What a Spark said beside the scorer.

    Args:
        spark: Its version.
        cases: The rows that it was asked for, with its answers.
        refused: How many of them the scorer refuses.
        differences: Where the two differ; `index` counts the cases.
    """

    spark: str
    cases: tuple[Case, ...]
    refused: int
    differences: tuple[Difference, ...]

    @property
    def rows(self) -> int:
        """Return how many rows were compared."""
        return len(self.cases)

    @property
    def answered(self) -> int:
        """Return how many rows Spark answered, neither refused nor dropped."""
        return sum(isinstance(answer, dict) for _, answer in self.cases)

    def told(self) -> list[str]:
        """Return each difference with its row."""
        return [f"{each}; {self.cases[each.index][0]}" for each in self.differences]


@dataclass(frozen=True, slots=True)
class ParityCheck:
    """A scorer, the Spark model that it must equal, and the rows to ask both for.

    Args:
        folder: Folder of the scorer.
        saved: Folder of the Spark model.
        scorer: The scorer, with `rawPrediction`.
        cases: The certificate as it was kept; empty where there is none.
        fresh: New rows.
        seed: What makes the same new rows again.
    """

    folder: Path
    saved: Path
    scorer: Scorer
    cases: tuple[Case, ...]
    fresh: tuple[dict[str, Any], ...]
    seed: int

    @classmethod
    def of(cls, model: Path, *, rows: int = 200, seed: int | None = None) -> ParityCheck:
        """Return what is to be asked for a model's folder, or for one that `models compile` wrote.

        Args:
            model: The folder.
            rows: How many fresh rows.
            seed: Of the fresh rows; a new one where none is given.

        Raises:
            NotCompiled: It holds no scorer.
        """
        folder = find_scorer_folder(model)
        if not (folder / DESCRIPTION).is_file():
            raise NotCompiled(
                f"{model} holds no scorer. Make one: `sparkops models compile {model} --into DIR`."
            )
        saved = find_spark_model(folder) if folder == model else model / SPARK_MODEL
        scorer = load(folder, raw=True)
        file = folder / CERTIFICATE
        cases = tuple(read_cases(file.read_text("utf-8"))) if file.is_file() else ()
        chosen = randbelow(10**6) if seed is None else seed
        fresh = generate_rows(scorer, [row for row, _ in cases], rows, seed=chosen)
        return cls(folder, saved, scorer, cases, tuple(fresh), chosen)

    @property
    def trained_by(self) -> str:
        """Return the version of Spark that saved the model; empty where it does not say."""
        return str(SavedStage.read(self.saved).metadata.get("sparkVersion", ""))

    def kept(self) -> list[Difference]:
        """Return where the scorer differs from the kept answers; no Spark is asked."""
        return find_differences(self.scorer, self.cases)

    def asked(self, ask: SparkReference) -> ParityResult:
        """Return what Spark says of the kept rows and the fresh ones; of rows that the scorer refuses, of a few."""
        rows = [*(row for row, _ in self.cases), *self.fresh]
        rows = rows if self.cases else [*edge_rows(self.scorer.description, ()), *rows]
        mine = [self.scorer.answer(row) for row in rows]
        taken = [at for at, answer in enumerate(mine) if answer != "refused"]
        refused = evenly_spaced([at for at, answer in enumerate(mine) if answer == "refused"], MAX_REFUSED)
        order = [*taken, *refused]
        columns = [output.column for output in self.scorer.outputs if output.column is not None]
        fields = [{"name": field.name, "type": field.type} for field in self.scorer.fields]
        head = {"fields": fields, "columns": columns, "together": len(taken)}
        version, theirs = ask(self.saved, head, [rows[at] for at in order])
        ours = [_as_json(mine[at]) for at in order]
        differences = compare_answers(theirs, ours, self.scorer.outputs)
        cases = tuple(zip((rows[at] for at in order), theirs, strict=True))
        return ParityResult(version, cases, len(refused), tuple(differences))

    def write_certificate(self, compared: ParityResult) -> Path | None:
        """Keep what was compared beside a scorer that `models compile` wrote and that has no certificate yet."""
        file = self.folder / CERTIFICATE
        if file.is_file() or not (self.folder / ORIGIN).is_file():
            return None
        file.write_text(dump_cases((_as_json(row), answer) for row, answer in compared.cases), "utf-8")
        return file


def session_reference(session: SparkSession) -> SparkReference:
    """Return what asks the Spark of this process."""

    def ask(saved: Path, head: Mapping[str, Any], rows: Sequence[Row]) -> tuple[str, list[Any]]:
        fitted = spark_answers.load_model(session, str(saved))
        return session.version, [
            _as_json(each) for each in spark_answers.answer_rows(session, fitted, head, rows)
        ]

    return ask


def interpreter_reference(python: Path) -> SparkReference:
    """Return what asks the Spark of another interpreter, in a process of its own.

    Args:
        python: The interpreter; it has pyspark and NumPy, and needs no sparkops.
    """

    def ask(saved: Path, head: Mapping[str, Any], rows: Sequence[Row]) -> tuple[str, list[Any]]:
        with tempfile.TemporaryDirectory(prefix="sparkops-certify-") as work:
            home = Path(work)
            (home / "ask.py").write_bytes(Path(spark_answers.__file__).read_bytes())
            lines = [{**head, "model": str(saved.absolute())}, *rows]
            (home / "asked.jsonl").write_text("".join(_line(line) for line in lines), "utf-8")
            _run([str(python.absolute()), "ask.py", "asked.jsonl", "answered.jsonl"], home)
            told = (home / "answered.jsonl").read_text("utf-8").splitlines()
        first, *answers = [json.loads(line, object_hook=spark_answers.decode) for line in told]
        return str(first["spark"]), answers

    return ask


def _run(words: Sequence[str], home: Path) -> None:
    """Run the script with this process's environment, less what points to this Spark or this Python."""
    environment = {name: value for name, value in os.environ.items() if not _FOREIGN.fullmatch(name)}
    try:
        done = subprocess.run(
            words, cwd=home, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError as error:
        raise EngineError(
            f"{words[0]} can't be run ({error.strerror}). Name a Python interpreter."
        ) from error
    if done.returncode:
        text = done.stderr.decode(errors="replace")
        why = (_RAISED.findall(text) or text.strip().splitlines()[-1:] or ["it said nothing"])[0]
        raise EngineError(
            f"The Spark of {words[0]} could not answer: {why[:500]} It needs pyspark, NumPy and Java."
        )


def _line(value: Any) -> str:
    return json.dumps(spark_answers.encode(value)) + "\n"


def _as_json(value: Any) -> Any:
    """Return a value as it is after it was written as JSON: moments as text."""
    return json.loads(_line(value), object_hook=spark_answers.decode)
