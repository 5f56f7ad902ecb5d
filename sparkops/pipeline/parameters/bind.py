"""Bind values to the parameters of a job, and report every error at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from sparkops.core.sensitive_names import SECRET_PARAMETER_PREFIX
from sparkops.core.wording import did_you_mean
from sparkops.errors import InputError, ParamErrors, Problem
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import Param
from sparkops.pipeline.parameters.option import ParameterSyntax, format_assignment
from sparkops.pipeline.parameters.param_type import has_enum, read_param_type
from sparkops.pipeline.parameters.value import parse, to_json
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.pipeline.slice_filters import describe_filter, find_active_filters

DEFAULT = "default"
# Beginnings of the origins of values that a resumed run finds again by itself.
CONFIGURED_ORIGINS = ("conf", "SPARKOPS_SECRET_", DEFAULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSource:
    """Parameter values from one origin.

    Args:
        values: Values by parameter.
        origin: Where the values come from: "command line", "python", "conf".
        origins: More precise origins by parameter, where known: "conf/base/params.yml:12".
        form: The form of the values.
        unusable: Why a value cannot be used, by parameter; it is an error only if the parameter takes it from here.
        syntax: How a parameter is written there, for the advice of errors; None where none can be added.
    """

    values: Mapping[str, Any]
    origin: str
    origins: Mapping[str, str] = field(default_factory=dict)
    form: ValueForm = ValueForm.TEXT
    unusable: Mapping[str, str] = field(default_factory=dict)
    syntax: ParameterSyntax | None = None

    def find_origin(self, name: str) -> str:
        """Return the most precise origin known for a value."""
        return self.origins.get(name, self.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundParameters:
    """A value for every parameter of a job, and the origin of each; `default` is the declaration itself."""

    values: Mapping[str, Any]
    origins: Mapping[str, str]


def bind(job: Job, sources: Sequence[ParameterSource] = (), *, at: Collection[str] = ()) -> BoundParameters:
    """Return a value for each of the job's parameters; later sources take precedence.

    Args:
        job: The job.
        sources: Parameter values, from the lowest to the highest precedence.
        at: Names of tables and models that are to be read at a given version.

    Raises:
        ParamErrors: Lists every unknown, missing and invalid parameter, and every name in `at` that the job does not
            read.
    """
    problems = [*_find_unknown(job, sources), *_find_unread(job, at)]
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for param in job.params:
        try:
            values[param.name], origins[param.name] = _bind_one(param, sources)
        except InputError as error:
            problems.append(Problem(param.name, str(error), param.place))
    problems += [
        Problem(name, f"`{name}` is given: {describe_filter(job, name)}", job.place)
        for name in find_active_filters(job, values)
    ]
    if problems:
        raise ParamErrors(job.name, problems)
    return BoundParameters(values=values, origins=origins)


def rebind(bound: BoundParameters, *, peeked: Job, loaded: Job) -> BoundParameters:
    """Bind values of a peeked job to the loaded job, so that Enum parameters hold the loaded module's members.

    Args:
        bound: Values bound to the peeked job.
        peeked: The job as `peek` returned it.
        loaded: The same job as `discover` returned it.
    """
    values = {
        param.name: _rebind_one(param, bound.values[param.name], known)
        for param, known in zip(loaded.params, peeked.params, strict=True)
    }
    return BoundParameters(values=values, origins=bound.origins)


def _rebind_one(param: Param, value: Any, peeked: Param) -> Any:
    if not has_enum(read_param_type(param.annotation)):
        return value
    return parse(param, to_json(peeked, value), ValueForm.RECORD)


def name_secret_variable(name: str) -> str:
    """Return the variable of the environment from which a Secret is taken if nothing else gives it."""
    return f"{SECRET_PARAMETER_PREFIX}{name.upper()}"


def _find_unknown(job: Job, sources: Sequence[ParameterSource]) -> Iterator[Problem]:
    known = [param.name for param in job.params]
    for source in sources:
        for name in source.values:
            if name not in known:
                yield Problem(name, _describe_unknown(job, name, known, source.find_origin(name)), job.place)


def _find_unread(job: Job, at: Collection[str]) -> Iterator[Problem]:
    reads = (*job.tables, *job.models)
    for name in at:
        if name == job.stream:
            message = (
                f"`{name}` is read as a stream, which continues where the last run ended: "
                "no version can be chosen."
            )
            yield Problem(name, message, job.place)
        elif name not in reads:
            hint = did_you_mean(name, reads)
            known = f" It reads {', '.join(reads)}." if reads else " It reads none."
            yield Problem(name, f"No table or model `{name}` to read at a version.{hint}{known}", job.place)


def _describe_unknown(job: Job, name: str, known: Sequence[str], origin: str) -> str:
    hint = did_you_mean(name, known)
    accepted = f" It takes {', '.join(known)}." if known else " The job has no parameters."
    table = " It is one of its tables, which are read by name." if name in job.tables else ""
    return f"No parameter `{name}` (from {_format_origin(origin)}).{hint}{table}{accepted}"


def _bind_one(param: Param, sources: Sequence[ParameterSource]) -> tuple[Any, str]:
    source = next((source for source in reversed(sources) if param.name in source.values), None)
    if source is not None:
        return _parse_from(param, source), source.find_origin(param.name)
    if param.required:
        raise InputError(f"`{param.name}` is missing: {_advise(param, sources)}")
    return deepcopy(param.default), DEFAULT


def _advise(param: Param, sources: Sequence[ParameterSource]) -> str:
    """Return as a clause how a missing parameter is given a value."""
    param_type, variable = read_param_type(param.annotation), name_secret_variable(param.name)
    syntax = next((source.syntax for source in reversed(sources) if source.syntax), ParameterSyntax.OPTION)
    if param_type.kind == "secret" and syntax is ParameterSyntax.JSON:
        return f"set {variable} where the service runs"
    advice = format_assignment(param.name, param_type, syntax)
    return f"{advice}, or set {variable}" if param_type.kind == "secret" else advice


def _parse_from(param: Param, source: ParameterSource) -> Any:
    if param.name in source.unusable:
        raise InputError(source.unusable[param.name])
    try:
        return parse(param, source.values[param.name], source.form)
    except InputError as error:
        raise InputError(f"{error}, from {_format_origin(source.find_origin(param.name))}") from None


def _format_origin(origin: str) -> str:
    return "the command line" if origin == "command line" else origin
