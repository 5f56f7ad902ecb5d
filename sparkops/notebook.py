"""Parameters of a job in a notebook: from widgets on Databricks, elsewhere from arguments and defaults."""

from __future__ import annotations

import importlib
import json
import logging
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from sparkops.engine import Engine
from sparkops.errors import InputError, ProjectError
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import Param
from sparkops.pipeline.parameters.bind import ParameterSource, bind
from sparkops.pipeline.parameters.option import ParameterSyntax, format_option
from sparkops.pipeline.parameters.param_type import ParamType, choose_null_text, read_param_type
from sparkops.pipeline.parameters.value import parse, to_text

__all__ = ["params"]

_log = logging.getLogger("sparkops.notebook")


class Widgets(Protocol):
    """The methods of `dbutils.widgets` that are used; all values are text."""

    def text(self, name: str, default: str, label: str) -> None:
        """Create a text field."""

    def dropdown(self, name: str, default: str, choices: Sequence[str], label: str) -> None:
        """Create a list from which one value is selected."""

    def multiselect(self, name: str, default: str, choices: Sequence[str], label: str) -> None:
        """Create a list from which several values are selected."""

    def get(self, name: str) -> str:
        """Return the text of a widget, or of the job parameter that overrides it."""


def params(
    job: Job,
    dbutils: Any = None,
    spark: Any = None,
    *,
    engine: Engine | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a typed value for each parameter of the job, from the notebook's widgets or job parameters.

    The widgets are created from the declaration: a drop-down for a choice or a bool, a multi-select for a list of
    choices, otherwise a text field. An empty widget means the value of `defaults`, of conf/, or the declared default.
    Outside Databricks all parameters take these values; a notebook that is run as a file also takes arguments:
    `python notebooks/daily_sales.py --day 2024-03-02`.

    Args:
        job: The declared job.
        dbutils: Databricks' `dbutils`; by default that of the notebook or the session.
        spark: Session from which `dbutils` is taken.
        engine: Engine whose conf/ is used; by default that of the project in the current folder, if there is one.
        defaults: Values of parameters in this notebook; a widget or an argument overrides them.

    Raises:
        ParamErrors: Lists every missing or invalid parameter.
    """
    engine = engine or _open_current_project()
    conf = engine.project.config.find_parameters(job.name).values if engine else {}
    utils = dbutils or _find_dbutils(spark)
    if utils is None:
        _log.info("no dbutils found: job `%s` takes its parameters from arguments and defaults", job.name)
        texts = _read_arguments(job)
    else:
        texts = {
            param.name: _create_and_read(
                utils.widgets, _replace_default(param, defaults or {}), in_conf=param.name in conf
            )
            for param in job.params
        }
    values = {**(defaults or {}), **{name: text for name, text in texts.items() if _is_filled(text)}}
    origin = "the notebook" if utils is None else "widget"
    source = ParameterSource(values=values, origin=origin, syntax=_choose_syntax(job, utils))
    if engine:
        return dict(engine.project.bind(job, [source]).values)
    return dict(bind(job, [source]).values)


def _replace_default(param: Param, defaults: Mapping[str, Any]) -> Param:
    """Return the parameter with the notebook's default, which its widget shows; a wrong one is reported later."""
    with suppress(InputError):
        return replace(param, default=parse(param, defaults[param.name])) if param.name in defaults else param
    return param


def _choose_syntax(job: Job, utils: Any) -> ParameterSyntax:
    """Return how a parameter can be given to this notebook."""
    if utils is not None:
        return ParameterSyntax.WIDGET
    return ParameterSyntax.OPTION if _is_started_as_file(job) else ParameterSyntax.DEFAULTS


def _is_started_as_file(job: Job) -> bool:
    main = vars(sys.modules["__main__"])
    return main.get(job.name) is job and Path(str(main.get("__file__"))).name == Path(sys.argv[0]).name


def _read_arguments(job: Job) -> dict[str, Any]:
    """Return the arguments of a notebook that is run as a file; none in Jupyter or in another program."""
    if not _is_started_as_file(job):
        return {}
    parser = ArgumentParser(description=job.doc, allow_abbrev=False)
    for param in job.params:
        parser.add_argument(
            format_option(param.name), dest=param.name, action="append", help=param.help or None
        )
    texts = {name: text for name, text in vars(parser.parse_args()).items() if text is not None}
    return {name: text[0] if len(text) == 1 else text for name, text in texts.items()}


def _open_current_project() -> Engine | None:
    try:
        return Engine()
    except ProjectError:
        return None


def _find_dbutils(spark: Any) -> Any:
    """Return the notebook's `dbutils`, or None outside Databricks."""
    main = vars(sys.modules["__main__"]).get("dbutils")
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    utils = main or (getattr(shell, "user_ns", None) or {}).get("dbutils")
    if utils is not None or spark is None:
        return utils
    try:
        return importlib.import_module("pyspark.dbutils").DBUtils(spark)
    except ImportError:
        return None


def _create_and_read(widgets: Widgets, param: Param, *, in_conf: bool) -> Any:
    """Create the parameter's widget and return its text; an existing widget keeps its value."""
    param_type = read_param_type(param.annotation)
    # The default of a secret is not shown.
    blank = in_conf or param.required or param.default is None or param_type.kind == "secret"
    default = "" if blank else to_text(param, param.default)
    label = param.name.replace("_", " ") + (" (blank: as in conf)" if in_conf else "")
    if param_type.kind == "list" and param_type.item is not None and _list_choices(param_type.item):
        _create_multiselect(widgets, param.name, [] if blank else json.loads(default), param_type.item, label)
        return _remove_blank(widgets.get(param.name))
    if _list_choices(param_type):
        widgets.dropdown(
            param.name, default, _add_blank(param, _list_choices(param_type), blank=blank), label
        )
    else:
        widgets.text(param.name, default, label)
    return widgets.get(param.name)


def _list_choices(param_type: ParamType | None) -> list[str]:
    """Return the choices of a widget; empty where any text is allowed, or where a choice contains a comma."""
    if param_type is None:
        return []
    texts = ["true", "false"] if param_type.kind == "bool" else list(param_type.choices)
    return [] if any("," in text for text in texts) else texts


def _add_blank(param: Param, choices: list[str], *, blank: bool) -> list[str]:
    """Add a blank choice for the value of conf/ or the default, and one for None where that differs."""
    param_type = read_param_type(param.annotation)
    none = (
        [choose_null_text(param_type)]
        if param_type.optional and not param.required and param.default is not None
        else []
    )
    return [*([""] if blank else []), *choices, *none]


def _create_multiselect(widgets: Widgets, name: str, texts: list[str], item: ParamType, label: str) -> None:
    """Create a multi-select. Its default must be one choice, so several defaults are shown in the label."""
    chosen = str(texts[0]) if len(texts) == 1 else ""
    several = f" (none chosen: {', '.join(map(str, texts))})" if len(texts) > 1 else ""
    widgets.multiselect(name, chosen, ["", *_list_choices(item)], label + several)


def _is_filled(text: Any) -> bool:
    return not isinstance(text, str) or bool(text.strip())


def _remove_blank(text: Any) -> Any:
    """Return the selected choices without the blank one."""
    return ",".join(part for part in text.split(",") if part.strip()) if isinstance(text, str) else text
