"""A job's parameters in a Databricks notebook: widgets made from the declaration, read back by the one rule."""

from __future__ import annotations

import importlib
import json
import logging
import sys
from collections.abc import Sequence
from typing import Any, Protocol

from sparkops.engine import Engine
from sparkops.errors import ProjectError
from sparkops.pipeline.bind import ParameterSource, bind
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import Param
from sparkops.pipeline.param_type import ParamType, null_text, read_param_type
from sparkops.pipeline.value import to_text

__all__ = ["params"]

_log = logging.getLogger("sparkops.notebook")


class Widgets(Protocol):
    """What is used of `dbutils.widgets`: texts in, texts out."""

    def text(self, name: str, default: str, label: str) -> None:
        """Make a field for a text."""

    def dropdown(self, name: str, default: str, choices: Sequence[str], label: str) -> None:
        """Make a list of which one is chosen."""

    def multiselect(self, name: str, default: str, choices: Sequence[str], label: str) -> None:
        """Make a list of which some are chosen."""

    def get(self, name: str) -> str:
        """Return the text of a widget, or of the job parameter that overrides it."""


def params(
    job: Job, dbutils: Any = None, spark: Any = None, *, engine: Engine | None = None
) -> dict[str, Any]:
    """Return a typed value for each parameter of the job, read from the notebook's widgets or job parameters.

    The widgets are made from the declaration: a drop-down for a choice or a bool, a multi-select for a list of
    choices, a text field for all else. An empty widget stands for what conf/ gives, or for the default; so does all
    where this is not Databricks.

    Args:
        job: The declared job.
        dbutils: Databricks' own; found in the notebook, or by the session, when it is not given.
        spark: The session, to find dbutils by.
        engine: The engine whose conf/ counts; by default that of the project here, if there is one, without `--env`.

    Raises:
        ParamErrors: With every parameter that is missing or wrong.
    """
    engine = engine or _here()
    conf = engine.project.config.params(job.name)[0] if engine else {}
    found = dbutils or _find(spark)
    if found is None:
        _log.info("no dbutils here: job `%s` takes what conf/ gives, and its defaults", job.name)
        texts = {}
    else:
        texts = {param.name: _ask(found.widgets, param, in_conf=param.name in conf) for param in job.params}
    given = {name: text for name, text in texts.items() if _is_given(text)}
    if engine:
        return dict(engine.project.bind(job, given, origin="widget").values)
    return dict(bind(job, [ParameterSource(values=given, origin="widget")]).values)


def _here() -> Engine | None:
    try:
        return Engine()
    except ProjectError:
        return None


def _find(spark: Any) -> Any:
    """Return the notebook's dbutils, or None outside Databricks."""
    main = vars(sys.modules["__main__"]).get("dbutils")
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    found = main or (getattr(shell, "user_ns", None) or {}).get("dbutils")
    if found is not None or spark is None:
        return found
    try:
        return importlib.import_module("pyspark.dbutils").DBUtils(
            spark
        )  # only Databricks' own PySpark has it
    except ImportError:
        return None


def _ask(widgets: Widgets, param: Param, *, in_conf: bool) -> Any:
    """Make the parameter's widget and return its text; making one that stands keeps what was chosen."""
    shape = read_param_type(param.annotation)
    blank = in_conf or param.required or param.default is None
    default = "" if blank else to_text(param, param.default)
    label = param.name.replace("_", " ") + (" (blank: as in conf)" if in_conf else "")
    if shape.item is not None and _choices(shape.item):
        _multiselect(widgets, param.name, [] if blank else json.loads(default), shape.item, label)
        return _cleared(widgets.get(param.name))
    if _choices(shape):
        widgets.dropdown(param.name, default, _with_blank(param, _choices(shape), blank=blank), label)
    else:
        widgets.text(param.name, default, label)
    return widgets.get(param.name)


def _choices(shape: ParamType | None) -> list[str]:
    """Return the texts that a widget lists; none where any text may stand, or where a comma would part a choice."""
    if shape is None:
        return []
    texts = ["true", "false"] if shape.kind == "bool" else list(shape.choices)
    return [] if any("," in text for text in texts) else texts


def _with_blank(param: Param, choices: list[str], *, blank: bool) -> list[str]:
    """Return the choices with a blank that stands for conf or the default, and one for None where that is neither."""
    shape = read_param_type(param.annotation)
    none = [null_text(shape)] if shape.optional and not param.required and param.default is not None else []
    return [*([""] if blank else []), *choices, *none]


def _multiselect(widgets: Widgets, name: str, texts: list[str], item: ParamType, label: str) -> None:
    """Make a multi-select; its default must be one of its choices, so several are told in the label instead."""
    chosen = str(texts[0]) if len(texts) == 1 else ""
    several = f" (none chosen: {', '.join(map(str, texts))})" if len(texts) > 1 else ""
    widgets.multiselect(name, chosen, ["", *_choices(item)], label + several)


def _is_given(text: Any) -> bool:
    return not isinstance(text, str) or bool(text.strip())


def _cleared(text: Any) -> Any:
    """Return what a multi-select says without its blank choice."""
    return ",".join(part for part in text.split(",") if part.strip()) if isinstance(text, str) else text
