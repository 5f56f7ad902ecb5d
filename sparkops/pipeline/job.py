"""The declaration of a job: inputs, parameters and outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sparkops.core.place import Place
from sparkops.pipeline.attempt_policy import AttemptPolicy
from sparkops.pipeline.condition import Condition
from sparkops.pipeline.fan_out.column_values import Values
from sparkops.pipeline.model import Gate
from sparkops.pipeline.param import Param
from sparkops.pipeline.write import Write

Kind = Literal["table", "tables", "model", "report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as its author declared it; calling it calls the plain function.

    Args:
        name: The function's name, unique in a project.
        function: The author's function.
        doc: The docstring's first sentence, then the rest.
        place: File and line of the function.
        kind: What it returns: one `table`, several `tables`, a `model` or a `report`.
        tables: Names of the input tables: positional arguments annotated `DataFrame`, in order.
        models: Names of the registered models: positional arguments annotated `ModelVersion`.
        session: Name of the argument annotated `SparkSession`, if there is one.
        params: Keyword-only arguments.
        writes: Tables that it publishes; empty for a model or a report.
        registers: The registered model's name, for a model.
        gates: Conditions for taking the alias `champion`.
        allow_empty: Whether an input table with no rows is accepted.
        not_filters: Optional parameters that leave out no row of a replaced slice.
        stream: The input table that is read as a stream: rows added since the last run, in micro-batches.
        every: Trigger interval of the stream, as Spark writes it; None ends the run when all rows are read.
        attempts: How often a run is tried, and how long an attempt may take.
        checked_inputs: Input tables of which only versions that passed their checks are read.
        when: Conditions under which a flow runs it; all have to hold.
        each: Parameter to its values: a run that is not given the parameter is a fan-out, with a run for each
            combination.
        load_time: When its file was imported, in seconds since the epoch; None if it is not known.
    """

    name: str
    function: Callable[..., Any]
    doc: str
    place: Place
    kind: Kind
    tables: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    session: str | None = None
    params: tuple[Param, ...] = ()
    writes: tuple[Write, ...] = ()
    registers: str | None = None
    gates: tuple[Gate, ...] = field(default=())
    allow_empty: bool = False
    not_filters: tuple[str, ...] = ()
    stream: str | None = None
    every: str | None = None
    attempts: AttemptPolicy = field(default_factory=AttemptPolicy)
    checked_inputs: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    each: Mapping[str, Values] = field(default_factory=dict)
    load_time: float | None = field(default=None, compare=False, repr=False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the author's function with DataFrames and values, as a unit test does."""
        return self.function(*args, **kwargs)
