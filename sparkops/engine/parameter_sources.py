"""Where parameters come from: the configuration, the environment, files, Python."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sparkops.config.load import LoadedSettings
from sparkops.config.secrets import read_variable
from sparkops.config.yaml_tree import parse_tree
from sparkops.core.bounded_file import MAX_WRITTEN_BY_HAND, read_text
from sparkops.errors import ConfigError, InputError, as_clause
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import ParameterSource, name_secret_variable
from sparkops.pipeline.parameters.option import ParameterSyntax
from sparkops.pipeline.parameters.param_type import read_param_type
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.pipeline.secret import Secret

# Parameters from Python as a mapping, or with their origins and forms.
Parameters = Mapping[str, Any] | Sequence[ParameterSource]


def to_sources(params: Parameters) -> list[ParameterSource]:
    """Return parameters as sources; a mapping, or nothing, contains values of Python, which are not parsed."""
    if params and not isinstance(params, Mapping):
        return list(params)
    values = params if isinstance(params, Mapping) else {}
    syntax = ParameterSyntax.PYTHON
    return [ParameterSource(values=values, origin="python", form=ValueForm.PYTHON, syntax=syntax)]


def find_secret_names(job: Job) -> set[str]:
    """Return the names of a job's parameters that are secrets."""
    return {param.name for param in job.params if read_param_type(param.annotation).kind == "secret"}


def find_secret_texts(job: Job, sources: Sequence[ParameterSource]) -> set[str]:
    """Return the texts that sources give for the secret parameters of a job."""
    names = find_secret_names(job)
    return {
        str(value) for source in sources for name, value in source.values.items() if name in names and value
    }


def reveal_secrets(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the texts of the secrets among bound values, which logs and records mask."""
    return tuple(value.reveal() for value in values.values() if isinstance(value, Secret))


def read_conf_sources(config: LoadedSettings, job: Job) -> list[ParameterSource]:
    """Return a job's parameters in conf/, the environment (for secrets) and `--set`, in the order of precedence."""
    conf = config.find_parameters(job.name)
    flags = {name for name, origin in conf.origins.items() if origin.startswith("--set ")}
    literal = {
        name: f"{conf.origins[name]}: `params.{job.name}.{name}` is a secret: "
        "write ${env:NAME} and set NAME in the environment"
        for name in find_secret_names(job) & conf.values.keys() - flags
        if ("params", job.name, name) not in config.references
    }
    files = ParameterSource(
        values={**conf.values, **dict.fromkeys(conf.unusable)},
        origin="conf",
        origins=conf.origins,
        form=ValueForm.JSON,
        unusable={**conf.unusable, **literal},
    )
    options = replace(files, form=ValueForm.TEXT)
    others = {name for name in files.values if name not in flags}
    return [keep_names(files, others), _read_secret_variables(job), keep_names(options, flags)]


def _read_secret_variables(job: Job) -> ParameterSource:
    """Return the secret parameters of a job that environment variables give."""
    variables = {name: name_secret_variable(name) for name in find_secret_names(job)}
    values = {name: read_variable(variable) for name, variable in variables.items()}
    return ParameterSource(
        values={name: value for name, value in values.items() if value},
        origin="environment",
        origins=variables,
    )


def keep_names(source: ParameterSource, names: Collection[str]) -> ParameterSource:
    """Return a source with only the values of these names."""
    values = {name: value for name, value in source.values.items() if name in names}
    return replace(source, values=values)


def read_params_file(file: str) -> ParameterSource:
    """Return the parameters of a file of YAML or JSON; `-` is standard input.

    Raises:
        InputError: The file cannot be read.
        ConfigError: It is not YAML, or not a mapping, with file and line.
    """
    name = "standard input" if file == "-" else file
    try:
        text = _read_standard_input() if file == "-" else read_text(Path(file), MAX_WRITTEN_BY_HAND)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"The parameters cannot be read from {name}: {as_clause(reason)}. "
            "Give a file of YAML, or - for standard input."
        ) from error
    tree = parse_tree(text, name)
    if tree.problems:
        raise ConfigError("\n".join(problem.text for problem in tree.problems))
    origins = {path[0]: place for path, place in tree.places.items() if not path[1:]}
    return ParameterSource(values=tree.values, origin=name, origins=origins, form=ValueForm.JSON)


def _read_standard_input() -> str:
    """Return the text of standard input; ValueError if it is not UTF-8, or larger than a person writes."""
    text = sys.stdin.read(MAX_WRITTEN_BY_HAND + 1)
    if len(text) > MAX_WRITTEN_BY_HAND:
        raise ValueError(f"it is larger than {MAX_WRITTEN_BY_HAND:,} characters")
    return text
