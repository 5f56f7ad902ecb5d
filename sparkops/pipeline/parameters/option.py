"""The command-line options of parameters."""

from __future__ import annotations

import json
from enum import Enum
from typing import Final

from sparkops.pipeline.parameters.allowed_values import make_example, make_json_example, make_python_example
from sparkops.pipeline.parameters.param_type import ParamType

# Options that every command of a job has; a parameter of such a name is given as `--param NAME=VALUE`.
RESERVED: Final = frozenset(
    {
        "help",
        "project",
        "env",
        "set",
        "overrides",
        "at",
        "as_of",
        "upstream",
        "force",
        "wait",
        "debug",
        "param",
        "params_file",
        "dry_run",
        "each",
        "max_parallel",
        "fail_fast",
        "run_key",
        "resume",
        "new",
        "rows",
    }
)


def format_option(name: str) -> str:
    """Return the option of a parameter: `--max-iter`, or `--param at=` where `--at` is an option of the command."""
    return f"--param {name}=" if name in RESERVED else "--" + name.replace("_", "-")


def format_option_with_value(name: str, value: str) -> str:
    """Return an option with its value, as it is typed."""
    return f"{format_option(name)}{'' if name in RESERVED else ' '}{value}"


class ParameterSyntax(Enum):
    """How a parameter is written where a run is started."""

    # sparkops run JOB --day 2013-07-04
    OPTION = "option"
    # sparkops flow JOB --param day=2013-07-04
    PAIR = "pair"
    # engine.run("JOB", day=date(2013, 7, 4))
    PYTHON = "python"
    # params(job, defaults={"day": "2013-07-04"})
    DEFAULTS = "defaults"
    # A field of a notebook.
    WIDGET = "widget"
    # POST /jobs/JOB/runs {"params": {"day": "2013-07-04"}}
    JSON = "json"


def format_assignment(name: str, param_type: ParamType, syntax: ParameterSyntax) -> str:
    """Return as a clause how a parameter is given a value: `pass --param day=2013-07-04`."""
    example = make_example(param_type)
    if syntax is ParameterSyntax.PYTHON:
        return f"pass {name}={make_python_example(param_type)}"
    if syntax is ParameterSyntax.DEFAULTS:
        return f'pass defaults={{"{name}": {make_python_example(param_type)}}}'
    if syntax is ParameterSyntax.WIDGET:
        return f"fill in the widget `{name}`, as in {example}"
    if syntax is ParameterSyntax.JSON:
        return f'send {{"params": {json.dumps({name: make_json_example(param_type)}, ensure_ascii=False)}}}'
    pair = f"--param {name}={example}"
    return f"pass {pair if syntax is ParameterSyntax.PAIR else format_option_with_value(name, example)}"
