"""What a page says about the run that made it: parameters, input versions, their checks, models, code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sparkops.pipeline.check import CheckResult
from sparkops.pipeline.json_values import check_of, pin_of
from sparkops.pipeline.table import Pin


class Recorded(Protocol):
    """The part of a run's record that a page shows; every mapping holds plain JSON values."""

    @property
    def id(self) -> str:
        """Return the run's id."""

    @property
    def job(self) -> str:
        """Return the job's name."""

    @property
    def env(self) -> str:
        """Return the environment of the configuration."""

    @property
    def started(self) -> datetime | None:
        """Return when the run began."""

    @property
    def params(self) -> Mapping[str, Any]:
        """Return parameter to value."""

    @property
    def origins(self) -> Mapping[str, str]:
        """Return parameter to where its value came from."""

    @property
    def code(self) -> Mapping[str, Any]:
        """Return what identifies the code: `git` sha, `dirty` hash of what is not committed."""

    @property
    def inputs(self) -> Mapping[str, Mapping[str, Any]]:
        """Return table to its pin."""

    @property
    def models(self) -> Mapping[str, int]:
        """Return model name to the version read."""


@dataclass(frozen=True, slots=True)
class ParamFact:
    """One parameter of the run, and where its value came from."""

    name: str
    value: Any
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTable:
    """What a checkpoint found about one version of one table.

    Args:
        table: Name in the catalog.
        results: One result per expectation.
        version: Delta version that was published after the checkpoint.
        run_id: Run that checked it.
        quarantined: Rows that this checkpoint put aside.
        docs: Link to its page of Data Docs, as seen from the report.
    """

    table: str
    results: tuple[CheckResult, ...]
    version: int | None = None
    run_id: str = ""
    quarantined: int | None = None
    docs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the run that made a page.

    Args:
        job: The job's name.
        run_id: The run's id.
        env: Environment of the configuration.
        code: Version of the code, as a short text.
        started: When the run began; shown in UTC.
        description: The job's docstring.
        params: Parameters, in the order of the declaration.
        inputs: Versions of the tables that were read.
        checks: What the checkpoints found about the tables that were read.
        models: Names and versions of the models that were read.
    """

    job: str
    run_id: str
    env: str = ""
    code: str = ""
    started: datetime | None = None
    description: str = ""
    params: tuple[ParamFact, ...] = ()
    inputs: tuple[Pin, ...] = ()
    checks: tuple[CheckedTable, ...] = ()
    models: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, run: Recorded, *, description: str = "", checks: Sequence[CheckedTable] = ()) -> Facts:
        """Return the facts that a run's record tells."""
        return cls(
            job=run.job,
            run_id=run.id,
            env=run.env,
            code=_code(run.code),
            started=run.started,
            description=description,
            params=tuple(
                ParamFact(name, value, run.origins.get(name, "")) for name, value in run.params.items()
            ),
            inputs=tuple(pin_of(table, said) for table, said in run.inputs.items()),
            checks=tuple(checks),
            models=tuple(run.models.items()),
        )


def checked_table(
    table: str,
    results: Iterable[CheckResult | Mapping[str, Any]],
    *,
    version: int | None = None,
    run_id: str = "",
    quarantined: int | None = None,
    docs: str | None = None,
) -> CheckedTable:
    """Return a checked table from results as values or as a record holds them; those of other tables are left out."""
    read = (item if isinstance(item, CheckResult) else check_of(item) for item in results)
    return CheckedTable(
        table=table,
        results=tuple(result for result in read if result.table == table),
        version=version,
        run_id=run_id,
        quarantined=quarantined,
        docs=docs,
    )


def _code(code: Mapping[str, Any]) -> str:
    sha = next((str(code[key]) for key in ("git", "sha", "commit") if code.get(key)), "")
    return f"{sha[:10]} with uncommitted changes" if sha and code.get("dirty") else sha[:10]
