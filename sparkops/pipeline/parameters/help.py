"""Help texts of a job: one entry per parameter, and the usage that `sparkops run JOB --help` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sparkops.pipeline.fan_out.column_values import ColumnValues
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import Param
from sparkops.pipeline.parameters.allowed_values import describe_limits, format_type_label
from sparkops.pipeline.parameters.docstring import remove_args
from sparkops.pipeline.parameters.option import format_option, format_option_with_value
from sparkops.pipeline.parameters.param_type import read_param_type
from sparkops.pipeline.parameters.value import to_text
from sparkops.pipeline.write import Write

# Values of a parameter that its help lists.
_MAX_VALUES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterHelp:
    """Help of one parameter.

    Args:
        name: Parameter name.
        option: Command-line option: `--max-iter`.
        type: Type label: INT, YYYY-MM-DD, JFK|LGA|EWR, TEXT, ...
        limits: Constraints: "at least 1, at most 50"; empty where there are none.
        default: Default as text; empty when the parameter is required.
        required: Whether a value is required.
        help: Description from the docstring.
        conf: File and line of conf/ that sets the value; empty where none does.
    """

    name: str
    option: str
    type: str
    limits: str
    default: str
    required: bool
    help: str
    conf: str = ""

    @property
    def usage(self) -> str:
        """Return the option with the label of its type: `--max-iter INT`."""
        return format_option_with_value(self.name, self.type)

    @property
    def text(self) -> str:
        """Return the description, constraints and default as one line."""
        default = "required" if self.required else f"default: {self.default}"
        source = f"set in {self.conf}" if self.conf else default
        facts = "; ".join(filter(None, (self.limits, source)))
        return " ".join(filter(None, (self.help, f"[{facts}]")))


def describe_parameters(job: Job, conf: Mapping[str, str] | None = None) -> tuple[ParameterHelp, ...]:
    """Return the help of each parameter, in the order of the signature.

    Args:
        job: The job.
        conf: The file and line of conf/ that sets a parameter, by parameter.
    """
    return tuple(_describe_param(job, param, (conf or {}).get(param.name, "")) for param in job.params)


def _describe_param(job: Job, param: Param, conf: str) -> ParameterHelp:
    param_type = read_param_type(param.annotation)
    return ParameterHelp(
        name=param.name,
        option=format_option(param.name),
        type=format_type_label(param_type),
        limits=describe_limits(param_type),
        default=_format_default(job, param),
        required=param.required and not conf and param.name not in job.each,
        help=param.help,
        conf=conf,
    )


def _format_default(job: Job, param: Param) -> str:
    if param.name in job.each:
        return f"a run for each of {format_each(job, param.name)}"
    if param.required:
        return ""
    return "none" if param.default is None else to_text(param, param.default)


def format_each(job: Job, name: str) -> str:
    """Return the values of a parameter for each of which a job is declared to run; of many, the first and the last."""
    values = job.each[name]
    if isinstance(values, ColumnValues):
        return str(values)
    param = next(param for param in job.params if param.name == name)
    texts = [to_text(param, value) for value in values]
    return ", ".join(texts if len(texts) <= _MAX_VALUES else [*texts[: _MAX_VALUES - 2], "...", texts[-1]])


def format_usage(job: Job, rows: Sequence[ParameterHelp]) -> str:
    """Return the first part of `sparkops run JOB --help`: command line, docstring, inputs and outputs."""
    required = "".join(f" {row.usage}" for row in rows if row.required)
    parts = [f"Usage: sparkops run {job.name}{required} [OPTIONS]", remove_args(job.doc), _format_facts(job)]
    return "\n\n".join(part for part in parts if part)


def _format_facts(job: Job) -> str:
    """Return the inputs, outputs and file of a job."""
    facts = {
        "Reads": ", ".join(
            (*map(partial(_format_input, job), job.tables), *(f"{name} (model)" for name in job.models))
        ),
        "Writes": _format_outputs(job),
        "File": str(job.place),
    }
    return "\n".join(f"{name + ':':<8}{text}" for name, text in facts.items() if text)


def _format_input(job: Job, name: str) -> str:
    """Return the name of an input table, and how a stream is read."""
    if name != job.stream:
        return name
    return f"{name} (as a stream, {f'every {job.every}' if job.every else 'rows added since the last run'})"


def _format_outputs(job: Job) -> str:
    if job.kind == "report":
        return "a report"
    if job.registers:
        return f"{job.registers} (model)"
    return ", ".join(f"{write.table} ({describe_mode(write)})" for write in job.writes)


def describe_mode(write: Write) -> str:
    """Return how a table is written: `append`, `merge by id, newest ts`."""
    mode = " by ".join(text for text in (write.mode, ", ".join(write.by)) if text)
    return f"{mode}, newest {', '.join(write.order_by)}" if write.order_by else mode
