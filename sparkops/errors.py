"""The errors of sparkops.

    SparkopsError
    ├── InputError               the request is invalid; nothing was started
    │   ├── DeclarationError     the declaration of a job, or of a part of its report, is invalid
    │   ├── ParamErrors          one or more parameters are invalid; all are listed
    │   ├── ConfigError          a file of conf/, --env or --set is invalid
    │   ├── UnknownName          no such job, table, model, alias, version, run or environment
    │   └── ProjectError         no project found, or it cannot be read or written
    ├── TableError               a table cannot be read or written
    │   ├── VersionGone          files or log entries of a version were removed
    │   ├── SchemaChanged        columns or types differ from those of the table
    │   ├── BadData              input is missing, cannot be parsed, or is empty
    │   └── TableBusy            another run is writing the table
    ├── ChecksFailed             the data failed its checks; nothing was published
    ├── ModelError               a model cannot be trained, registered, loaded or used
    │   ├── NotCompiled          a stage can only be scored by Spark
    │   ├── NotExported          a stage has no exact equivalent in ONNX
    │   ├── ParityBroken         the scorer and Spark disagree
    │   ├── GateFailed           a model version may not take an alias
    │   ├── UntrustedModel       a model contains code that no registry vouches for
    │   ├── DamagedModel         a file of a model is damaged, changed, or too large to be read
    │   └── SignatureMismatch    inputs of a model and columns of a table or row differ
    ├── RowError                 a row cannot be scored: field, value, reason
    │   └── RowRejected          the model drops the row (`handleInvalid="skip"`)
    ├── JobFailed                the job's function raised
    ├── RunCancelled             stopped by a user or a scheduler
    ├── RunTimedOut              stopped because it took longer than its time limit
    ├── AttemptSuperseded        a later attempt of the run has begun; this one publishes nothing more
    └── EngineError              Spark, Java, a jar or a server is missing or does not respond

`DeclarationWarning` is a warning: runs of a declared job may lose data. A message says what happened, where, and what
to do. Entry points map errors to exit codes and HTTP statuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from .core.place import Place
from .core.wording import did_you_mean, format_count

# Names that a message lists, and those that it suggests.
_MAX_NAMES = 12
# Characters of an unknown name that a message shows.
_MAX_LENGTH = 200
_MAX_SUGGESTIONS = 3
# Characters of what is wrong with a file that a message shows: it may repeat the file.
_MAX_REASON = 200


def as_clause(message: object) -> str:
    """Return a message for use within a sentence: without its own full stop."""
    text = str(message).rstrip()
    return text[:-1] if text.endswith(".") and not text.endswith("..") else text


def explain_damage(error: Exception) -> str:
    """Return what is wrong with a file, as a clause that is not long."""
    if isinstance(error, OSError) and error.strerror:
        reason = error.strerror[0].lower() + error.strerror[1:]
    elif isinstance(error, KeyError):
        reason = f"it has no {error}"
    else:
        reason = as_clause(error) or type(error).__name__
    return reason if len(reason) <= _MAX_REASON else f"{reason[:_MAX_REASON]}..."


class SparkopsError(Exception):
    """Root of the tree; its message is meant for users."""


class InputError(SparkopsError):
    """The request is invalid; nothing was started."""


class DeclarationError(InputError):
    """The declaration of a job, or of a part of its report, is invalid."""


class DeclarationWarning(UserWarning):
    """The declaration of a job is valid, and a run of it may lose data; the message names what to declare."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem with one parameter of a job, or one expectation of a suite.

    Args:
        name: The parameter or expectation.
        message: The problem, and the accepted values.
        place: File and line where it is declared or set.
    """

    name: str
    message: str
    place: Place | None = None

    def __str__(self) -> str:
        where = f" ({self.place})" if self.place else ""
        return f"{self.message}{where}"


class ParamErrors(InputError):
    """One or more parameters of a job are invalid; `problems` lists all."""

    def __init__(self, job: str, problems: Iterable[Problem]) -> None:
        self.job = job
        self.problems = tuple(problems)
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        count = len(self.problems)
        super().__init__(f"Job `{job}`: {format_count(count, 'parameter problem')}\n{lines}")

    def mask_values(self, mask: Callable[[str], str]) -> ParamErrors:
        """Return the same problems with every message masked."""
        return ParamErrors(
            self.job, (replace(problem, message=mask(problem.message)) for problem in self.problems)
        )


class ConfigError(InputError):
    """A file of conf/ or a setting of the command line is invalid; the message names file and line."""


class UnknownName(InputError):
    """An unknown name; the message suggests known ones.

    Args:
        kind: Kind of object: "job", "table", "model", "alias", "version", "run", "environment".
        name: The unknown name.
        known: The existing names.
        where: Where the name was searched.
        advice: What to do about it, as one sentence.
    """

    def __init__(
        self, kind: str, name: str, known: Iterable[str] = (), *, where: str = "", advice: str = ""
    ) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        shown = ", ".join(self.known[:_MAX_NAMES]) + (", ..." if len(self.known) > _MAX_NAMES else "")
        hint = did_you_mean(name, self.known, limit=_MAX_SUGGESTIONS)
        short_name = name if len(name) <= _MAX_LENGTH else name[:_MAX_LENGTH] + "..."
        parts = [f"No {kind} `{short_name}`{' in ' + where if where else ''}.{hint}"]
        parts += [f"Known: {shown}."] if self.known else []
        parts += [advice] if advice else []
        super().__init__(" ".join(parts))


class ProjectError(InputError):
    """No sparkops project was found, or it cannot be read or written."""


class TableError(SparkopsError):
    """A table cannot be read or written."""


class VersionGone(TableError):
    """Files or log entries of a table version were removed."""


class SchemaChanged(TableError):
    """Columns or types to publish differ from those of the table."""


class BadData(TableError):
    """Input is missing, cannot be parsed, or is empty where rows are required."""


class TableBusy(TableError):
    """Another run is writing the same table."""


class ChecksFailed(SparkopsError):
    """The data failed its checks; nothing was published."""


class ModelError(SparkopsError):
    """A model cannot be trained, registered, loaded or used."""


class NotCompiled(ModelError):
    """A stage can only be scored by Spark; the message names it and gives the reason.

    Args:
        reasons: Name and reason for each such stage.
    """

    def __init__(self, message: str, *, reasons: Iterable[str] = ()) -> None:
        self.reasons = tuple(reasons)
        super().__init__(message)


class NotExported(ModelError):
    """Stages have no exact equivalent in ONNX; the message names each and gives the reason.

    Args:
        reasons: Name and reason for each such stage or field.
    """

    def __init__(self, message: str, *, reasons: Iterable[str] = ()) -> None:
        self.reasons = tuple(reasons)
        super().__init__(message)


class ParityBroken(ModelError):
    """The compiled scorer and Spark, or an exported graph and either, disagree on a row."""


class GateFailed(ModelError):
    """A model version may not take an alias."""


class UntrustedModel(ModelError):
    """A model contains code that no registry vouches for; the message names the code, and how to allow it."""


class DamagedModel(ModelError):
    """A file of a model is damaged, changed, or too large to be read; the message names it."""


class SignatureMismatch(ModelError):
    """A model's inputs and a table's columns or a row's fields do not fit."""


class RowError(SparkopsError):
    """A row cannot be scored; the message names field, value and reason.

    Args:
        message: The problem, and the accepted values.
        field: The invalid field, if it is one field.
        value: The invalid value.
    """

    def __init__(self, message: str, *, field: str | None = None, value: Any = None) -> None:
        self.field, self.value = field, value
        super().__init__(message)

    def at_row(self, index: int) -> RowError:
        """Return the same error with a message that begins with the row's position in its batch."""
        return RowError(f"Row {index}: {self}", field=self.field, value=self.value)


class EndlessRow(RowError):
    """A row on which Spark's own computation does not end."""


class RowRejected(RowError):
    """The model drops the row (`handleInvalid="skip"`)."""


class JobFailed(SparkopsError):
    """The job's function raised; its error is the cause."""


class RunCancelled(SparkopsError):
    """The run was stopped by a user or a scheduler."""


class RunTimedOut(SparkopsError):
    """The run was stopped because it took longer than its time limit."""


class AttemptSuperseded(SparkopsError):
    """A later attempt of the run has begun; this one publishes nothing more."""


class EngineError(SparkopsError):
    """Spark, Java, a jar or a server is missing or does not respond."""
