"""The runs of a fan-out before they are executed: their parameters, and which of them are up to date."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sparkops.engine.operations.fan_out.columns import ColumnContents, read_columns
from sparkops.engine.operations.fan_out.declared import find_pending
from sparkops.engine.operations.fan_out.request import FanOutRequest
from sparkops.engine.operations.freshness import Freshness, FreshRunFinder
from sparkops.engine.parameter_sources import to_sources
from sparkops.errors import ParamErrors, Problem
from sparkops.pipeline.fan_out.column_values import ColumnValues
from sparkops.pipeline.fan_out.items import combine_values, make_item_job, require_separable
from sparkops.pipeline.fan_out.values import describe_values, find_param
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters, ParameterSource
from sparkops.pipeline.parameters.value import to_json
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.pipeline.table import Pin
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer
    from sparkops.tables.tables import Tables

# Problems with parameters that one message lists.
_MAX_PROBLEMS: Final = 10


@dataclass(frozen=True, slots=True)
class ItemParameters:
    """The parameters of one run of a fan-out.

    Args:
        own: JSON values of the parameters that tell it apart, by name.
        bound: All its parameters.
    """

    own: Mapping[str, Any]
    bound: BoundParameters

    @property
    def label(self) -> str:
        """Return the values that tell it apart."""
        return describe_values(self.own)


@dataclass(frozen=True, slots=True)
class FanOutItems:
    """The runs that a fan-out has.

    Args:
        job: The job as it is declared.
        names: Parameters that tell the runs apart.
        items: The parameters of each run.
        pins: Versions of the tables whose columns the values are from.
    """

    job: Job
    names: tuple[str, ...]
    items: Sequence[ItemParameters]
    pins: Mapping[str, Pin]


@dataclass(frozen=True, slots=True)
class Item:
    """One run of a fan-out.

    Args:
        run_id: Its id.
        label: The values that tell it apart.
        job: The job.
        bound: Its parameters.
        earlier: The run that it continues.
    """

    run_id: str
    label: str
    job: Job
    bound: BoundParameters
    earlier: Run | None = None


def list_items(
    container: ServiceContainer, request: FanOutRequest, tables: Tables | None = None
) -> FanOutItems:
    """Return the runs of a fan-out. Spark is started only for values from a table that delta-rs cannot read.

    Args:
        container: The services.
        request: The fan-out.
        tables: Reads the values that are those of columns; by default the tables of the services.

    Raises:
        InputError: The values are wrong, or the runs would replace each other's rows.
    """
    job = container.project.find_declared(request.job)
    for name in request.each:
        find_param(job, name)
    each = {**find_pending(container, job, to_sources(request.params)), **request.each}
    columns = read_columns(container, job, each, request.options.versions, tables)
    lists = {
        name: columns.values[name] if isinstance(values, ColumnValues) else values
        for name, values in each.items()
    }
    values = combine_values(lists, limit=container.settings.execution.max_items)
    bound = _bind_items(container, job, request, values, columns)
    names = tuple(each)
    items = [ItemParameters(select_own_params(job, item, names), item) for item in bound]
    require_separable(job, [item.own for item in items])
    return FanOutItems(job, names, items, columns.pins)


def select_own_params(job: Job, bound: BoundParameters, names: Collection[str]) -> dict[str, Any]:
    """Return the JSON values of the parameters that tell a run apart, by name and in the order of the names."""
    params = {param.name: param for param in job.params}
    return {name: to_json(params[name], bound.values[name]) for name in names}


def _bind_items(
    container: ServiceContainer,
    job: Job,
    request: FanOutRequest,
    values: Sequence[Mapping[str, Any]],
    columns: ColumnContents,
) -> list[BoundParameters]:
    """Bind the parameters of every run.

    Raises:
        ParamErrors: What is wrong with them, each problem once.
    """
    bound: list[BoundParameters] = []
    problems: dict[str, Problem] = {}
    shared = to_sources(request.params)
    # `bind` refuses a version of a table that the job does not read, such as one that only gives values.
    at = [name for name in request.options.versions.at if name not in columns.pins or name in job.tables]
    as_texts = {name for name, value in request.each.items() if not isinstance(value, ColumnValues)}
    for item in values:
        texts = {name: value for name, value in item.items() if name in as_texts}
        typed = {name: value for name, value in item.items() if name not in as_texts}
        sources = [
            ParameterSource(values=typed, origin="each", form=ValueForm.PYTHON),
            ParameterSource(values=texts, origin="--each", form=request.form),
        ]
        try:
            bound.append(container.project.bind(job, [*shared, *sources], at=at))
        except ParamErrors as error:
            problems |= {str(problem): problem for problem in error.problems}
    if problems:
        raise ParamErrors(job.name, list(problems.values())[:_MAX_PROBLEMS])
    return bound


@dataclass(frozen=True, slots=True)
class ExaminedItems:
    """Which runs of a fan-out are up to date.

    Args:
        stale: The runs that are not.
        count: The number of all runs.
        fresh: The newest recorded run among those that are up to date; None if none is.
        first: Why the first stale run is not up to date; None if all are.
    """

    stale: FanOutItems
    count: int
    fresh: Run | None
    first: Freshness | None

    def describe(self) -> str:
        """Return how many runs are up to date."""
        return f"{self.count - len(self.stale.items):,} of {self.count:,} runs are up to date"


def examine_items(listed: FanOutItems, finder: FreshRunFinder, versions: ReadVersions) -> ExaminedItems:
    """Find out which runs of a fan-out are up to date, if they read these versions."""
    stale: list[ItemParameters] = []
    fresh: Run | None = None
    first: Freshness | None = None
    for item in listed.items:
        examined = finder.examine(make_item_job(listed.job, item.own), item.bound, versions)
        if not examined.is_fresh:
            first = first or examined
            stale.append(item)
        elif fresh is None or (examined.run is not None and examined.run.id > fresh.id):
            fresh = examined.run
    return ExaminedItems(replace(listed, items=stale), len(listed.items), fresh, first)
