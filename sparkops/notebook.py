"""A job's parameters in a Databricks notebook: widgets made from the declaration, read back by the one rule."""

from __future__ import annotations

import importlib
import json
import logging
import sys
from collections.abc import Sequence
from typing import Any, Protocol

from sparkops.pipeline.bind import Given, bind
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import Param
from sparkops.pipeline.shape import Shape, null_text, shape_of
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


def params(job: Job, dbutils: Any = None, spark: Any = None) -> dict[str, Any]:
    """Return a typed value for each parameter of the job, read from the notebook's widgets or job parameters.

    The widgets are made from the declaration: a drop-down for a choice or a bool, a multi-select for a list of
    choices, a text field for all else. An empty widget stands for the default. Without Databricks the defaults are
    used.

    Args:
        job: The declared job.
        dbutils: Databricks' own; found in the notebook, or by the session, when it is not given.
        spark: The session, to find dbutils by.

    Raises:
        ParamErrors: With every parameter that is missing or wrong.
    """
    found = dbutils or _find(spark)
    if found is None:
        _log.info("no dbutils here: job `%s` takes its defaults", job.name)
        return dict(bind(job, ()).values)
    texts = {param.name: _ask(found.widgets, param) for param in job.params}
    given = {name: text for name, text in texts.items() if _is_given(text)}
    return dict(bind(job, [Given(values=given, origin="widget")]).values)


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


def _ask(widgets: Widgets, param: Param) -> Any:
    """Make the parameter's widget and return its text; making one that stands keeps what was chosen."""
    shape = shape_of(param.annotation)
    default = "" if param.required or param.default is None else to_text(param, param.default)
    label = param.name.replace("_", " ")
    if shape.item is not None and _choices(shape.item):
        _multiselect(widgets, param, shape.item, label)
        return _cleared(widgets.get(param.name))
    if _choices(shape):
        widgets.dropdown(param.name, default, _with_blank(param, _choices(shape)), label)
    else:
        widgets.text(param.name, default, label)
    return widgets.get(param.name)


def _choices(shape: Shape | None) -> list[str]:
    """Return the texts that a widget lists; none where any text may stand, or where a comma would part a choice."""
    if shape is None:
        return []
    texts = ["true", "false"] if shape.kind == "bool" else list(shape.choices)
    return [] if any("," in text for text in texts) else texts


def _with_blank(param: Param, choices: list[str]) -> list[str]:
    """Return the choices with a blank that stands for the default, and one for None where that is another value."""
    if param.required or param.default is None:
        return ["", *choices]
    shape = shape_of(param.annotation)
    return [*choices, null_text(shape)] if shape.optional else choices


def _multiselect(widgets: Widgets, param: Param, item: Shape, label: str) -> None:
    """Make a multi-select; its default must be one of its choices, so several are told in the label instead."""
    texts = [] if param.required or param.default is None else json.loads(to_text(param, param.default))
    chosen = str(texts[0]) if len(texts) == 1 else ""
    several = f" (none chosen: {', '.join(map(str, texts))})" if len(texts) > 1 else ""
    widgets.multiselect(param.name, chosen, ["", *_choices(item)], label + several)


def _is_given(text: Any) -> bool:
    return not isinstance(text, str) or bool(text.strip())


def _cleared(text: Any) -> Any:
    """Return what a multi-select says without its blank choice."""
    return ",".join(part for part in text.split(",") if part.strip()) if isinstance(text, str) else text
