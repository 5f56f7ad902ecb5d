"""Values for a job's parameters, from every place they were given: all of them right, or every error at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from sparkops.errors import InputError, ParamErrors, Problem
from sparkops.pipeline.allowed_values import example_text
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import Param
from sparkops.pipeline.param_type import read_param_type
from sparkops.pipeline.value import parse, to_json

DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSource:
    """Values that one place gives.

    Args:
        values: Parameter to text, JSON value or Python value.
        origin: Where they came from: "command line", "python", "conf".
        origins: Parameter to a closer origin, where known: "conf/base/params.yml:12".
    """

    values: Mapping[str, Any]
    origin: str
    origins: Mapping[str, str] = field(default_factory=dict)

    def origin_of(self, name: str) -> str:
        """Return where this value was written, as closely as it is known."""
        return self.origins.get(name, self.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundParameters:
    """A value for every parameter of a job, and where each came from; `default` is the declaration itself."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]


def bind(job: Job, given: Sequence[ParameterSource] = (), *, at: Collection[str] = ()) -> BoundParameters:
    """Return a value for each of the job's parameters; what is given later wins.

    Args:
        job: The job.
        given: Values, from the weakest place to the strongest.
        at: Names of tables and models whose versions were asked for.

    Raises:
        ParamErrors: With every unknown, missing and wrong parameter, and every table that the job does not read.
    """
    problems = [*_unknown(job, given), *_unread(job, at)]
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for param in job.params:
        try:
            values[param.name], origins[param.name] = _value(param, given)
        except InputError as error:
            problems.append(Problem(param.name, str(error), param.place))
    if problems:
        raise ParamErrors(job.name, problems)
    return BoundParameters(values=values, origins=origins)


def rebind(bound: BoundParameters, *, looked_at: Job, loaded: Job) -> BoundParameters:
    """Return values bound for a job that was only peeked at, as the loaded job's own: its Enum's own members.

    Args:
        bound: The values.
        looked_at: The job they were bound for.
        loaded: The same job, discovered.
    """
    plain = {param.name: to_json(param, bound.values[param.name]) for param in looked_at.params}
    values = bind(loaded, [ParameterSource(values=plain, origin=DEFAULT)]).values
    return BoundParameters(values=values, origins=bound.origins)


def option(name: str) -> str:
    """Return a parameter's name as the command line writes it: `--max-iter`."""
    return "--" + name.replace("_", "-")


def _unknown(job: Job, given: Sequence[ParameterSource]) -> Iterator[Problem]:
    known = [param.name for param in job.params]
    for source in given:
        for name in source.values:
            if name not in known:
                yield Problem(name, _unknown_text(job, name, known, source.origin_of(name)), job.place)


def _unread(job: Job, at: Collection[str]) -> Iterator[Problem]:
    reads = (*job.tables, *job.models)
    for name in at:
        if name == job.stream:
            told = f"`{name}` is read as a stream, which goes on from where the last run ended: it has no version to choose."
            yield Problem(name, told, job.place)
        elif name not in reads:
            near = get_close_matches(name, reads, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            told = f" It reads {', '.join(reads)}." if reads else " It reads none."
            yield Problem(name, f"No table or model `{name}` to read at a version.{hint}{told}", job.place)


def _unknown_text(job: Job, name: str, known: Sequence[str], origin: str) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    told = f" It takes {', '.join(known)}." if known else " It takes none."
    table = " It is one of its tables, which are read by name." if name in job.tables else ""
    return f"No parameter `{name}` (from {origin}).{hint}{table}{told}"


def _value(param: Param, given: Sequence[ParameterSource]) -> tuple[Any, str]:
    source = next((one for one in reversed(given) if param.name in one.values), None)
    if source is not None:
        return _parsed(param, source), source.origin_of(param.name)
    if param.required:
        raise InputError(
            f"`{param.name}` is missing: pass {option(param.name)} {example_text(read_param_type(param.annotation))}"
        )
    return _fresh(param.default), DEFAULT


def _parsed(param: Param, source: ParameterSource) -> Any:
    try:
        return parse(param, source.values[param.name])
    except InputError as error:
        raise InputError(f"{error}, from {source.origin_of(param.name)}") from None


def _fresh(default: Any) -> Any:
    return list(default) if isinstance(default, list) else default
