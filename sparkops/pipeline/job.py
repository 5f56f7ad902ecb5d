"""A declared function: what it reads, which parameters it takes, what it publishes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from sparkops.pipeline.model import Gate
from sparkops.pipeline.param import Param
from sparkops.pipeline.write import Write
from sparkops.place import Place

Kind = Literal["table", "tables", "model", "report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as its author declared it; calling it calls the plain function.

    Args:
        name: The function's name, unique in a project.
        function: The author's function.
        doc: The docstring's first sentence, then the rest.
        place: File and line of the function.
        kind: By what it returns: one `table`, several `tables`, a `model` or a `report`.
        tables: Arguments before the star that are frames, in order: the input tables' names.
        models: Arguments before the star annotated `ModelVersion`: the registered models' names.
        session: Name of the argument annotated `SparkSession`, if there is one.
        params: Arguments after the star.
        writes: What it publishes; empty for a model or a report.
        registers: The registered model's name, for a model.
        gates: Conditions for taking the alias `champion`.
        allow_empty: Whether an input table with no rows is accepted.
        stream: The input table that is read as a stream: what came into it since the last run, batch by batch.
        every: How often such a run looks for more, as Spark's interval; None: it ends when all was read.
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
    stream: str | None = None
    every: str | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the author's function as it stands, with frames and values: what a unit test does."""
        return self.function(*args, **kwargs)
