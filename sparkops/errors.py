"""Every error that sparkops raises on purpose, drawn as one tree.

    SparkopsError
    ├── InputError               what the caller said is wrong: nothing was started
    │   ├── DeclarationError     a job is declared in a way that cannot run
    │   ├── ParamErrors          one or more parameters, all told at once
    │   ├── ConfigError          a file of conf/, or --env, --set
    │   ├── UnknownName          a job, table, model, alias, version, run, env that is not there
    │   └── ProjectError         no project here, or one that cannot be read or written
    ├── TableError               a table cannot be read or written
    │   ├── VersionGone          a version that its files no longer hold
    │   ├── SchemaChanged        what would be published has other columns or types
    │   ├── BadData              input that is not there, cannot be parsed, or is empty
    │   └── TableBusy            another run is writing the same table
    ├── ChecksFailed             the data did not pass; nothing was published
    ├── ModelError               a model cannot be trained, registered, loaded or used
    │   ├── NotCompiled          a stage that only Spark can score
    │   ├── NotExported          a stage that has no exact form in ONNX
    │   ├── ParityBroken         the scorer and Spark disagree
    │   ├── GateFailed           a model may not take an alias
    │   └── SignatureMismatch    a model and a table or row do not fit
    ├── RowError                 a row that cannot be scored: field, value, reason
    │   └── RowRejected          a row that the model's own `skip` drops
    ├── JobFailed                the author's function raised
    ├── RunCancelled             stopped by a person or a scheduler
    └── EngineError              Spark, Java, a jar or a server is missing or not answering

A message says what happened, where, and what to do. Exit codes and HTTP statuses are the doors' own business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from .place import Place

_SHOWN = 12  # names that a message lists


class SparkopsError(Exception):
    """Root of the tree; its text is meant for a person."""


class InputError(SparkopsError):
    """What the caller said is wrong; nothing was started."""


class DeclarationError(InputError):
    """A job is declared in a way that cannot run."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one parameter.

    Args:
        name: The parameter.
        message: What is wrong with it and what is allowed.
        place: Where the parameter, or the value, was written.
    """

    name: str
    message: str
    place: Place | None = None

    def __str__(self) -> str:
        where = f" ({self.place})" if self.place else ""
        return f"{self.message}{where}"


class ParamErrors(InputError):
    """One or more parameters of a job are wrong; `problems` holds every one."""

    def __init__(self, job: str, problems: Iterable[Problem]) -> None:
        self.job = job
        self.problems = tuple(problems)
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        count = len(self.problems)
        super().__init__(f"Job `{job}`: {count} parameter problem{'s' if count > 1 else ''}\n{lines}")

    def masked(self, mask: Callable[[str], str]) -> ParamErrors:
        """Return the same problems with every message masked."""
        return ParamErrors(self.job, (replace(one, message=mask(one.message)) for one in self.problems))


class ConfigError(InputError):
    """A file of conf/ or a setting from the command line is wrong; the message names file and line."""


class UnknownName(InputError):
    """A name that is not there, with the names that are.

    Args:
        kind: What was looked for: "job", "table", "model", "alias", "version", "run", "env".
        name: The name as it was given.
        known: The names that exist.
        where: Where they are looked for.
        advice: What to do about it, as one sentence.
    """

    def __init__(
        self, kind: str, name: str, known: Iterable[str] = (), *, where: str = "", advice: str = ""
    ) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        near = get_close_matches(name, self.known, n=1)
        shown = ", ".join(self.known[:_SHOWN]) + (", ..." if len(self.known) > _SHOWN else "")
        parts = [f"No {kind} `{name}`{' in ' + where if where else ''}."]
        parts += [f"Did you mean `{near[0]}`?"] if near else []
        parts += [f"Known: {shown}."] if self.known else []
        parts += [advice] if advice else []
        super().__init__(" ".join(parts))


class ProjectError(InputError):
    """There is no sparkops project here, or it cannot be read or written."""


class TableError(SparkopsError):
    """A table cannot be read or written."""


class VersionGone(TableError):
    """A table version whose files or log entries are no longer there."""


class SchemaChanged(TableError):
    """What would be published has other columns or types than the table."""


class BadData(TableError):
    """Input that is not there, cannot be parsed, or is empty where rows are needed."""


class TableBusy(TableError):
    """Another run is writing the same table."""


class ChecksFailed(SparkopsError):
    """The data did not pass its checks; nothing was published."""


class ModelError(SparkopsError):
    """A model cannot be trained, registered, loaded or used."""


class NotCompiled(ModelError):
    """A stage that only Spark can score; the message names it and says why.

    Args:
        reasons: Per stage that cannot be compiled, its name and why.
    """

    def __init__(self, message: str, *, reasons: Iterable[str] = ()) -> None:
        self.reasons = tuple(reasons)
        super().__init__(message)


class NotExported(ModelError):
    """Stages that have no exact form in ONNX; the message names each and says why.

    Args:
        reasons: Per stage or field, its name and why.
    """

    def __init__(self, message: str, *, reasons: Iterable[str] = ()) -> None:
        self.reasons = tuple(reasons)
        super().__init__(message)


class ParityBroken(ModelError):
    """The compiled scorer and Spark, or an exported graph and either, disagree on a row."""


class GateFailed(ModelError):
    """A model version may not take an alias."""


class SignatureMismatch(ModelError):
    """A model's inputs and a table's columns or a row's fields do not fit."""


class RowError(SparkopsError):
    """A row that cannot be scored; the message names field, value and reason.

    Args:
        message: What is wrong and what is allowed.
        field: The field, where one field is to blame.
        value: The value as it was given.
    """

    def __init__(self, message: str, *, field: str | None = None, value: Any = None) -> None:
        self.field, self.value = field, value
        super().__init__(message)


class RowRejected(RowError):
    """A row that the model itself drops (`handleInvalid="skip"`)."""


class JobFailed(SparkopsError):
    """The author's function raised; its own error is the cause."""


class RunCancelled(SparkopsError):
    """The run was stopped by a person or a scheduler."""


class EngineError(SparkopsError):
    """Spark, Java, a jar or a server is missing or does not answer."""
