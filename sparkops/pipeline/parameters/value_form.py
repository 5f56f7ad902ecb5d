"""The forms in which a value reaches a parameter; they decide what a text means."""

from __future__ import annotations

from enum import Enum, auto


class ValueForm(Enum):
    """Where a value comes from, which decides how it is read.

    TEXT: the command line, `--set`, widgets. Everything is text, parsed by the parameter's type; `null`, `none` and
        empty text are None where None is accepted; text in double quotes is literal.
    JSON: files of YAML or JSON, and HTTP. Numbers, bools and null are values of their own. Text is text where the
        parameter takes any text, else it is parsed by the parameter's type.
    RECORD: the record of a run; as JSON, in the encoding of `to_json`.
    PYTHON: values from Python. They are validated and never parsed.
    """

    TEXT = auto()
    JSON = auto()
    RECORD = auto()
    PYTHON = auto()
