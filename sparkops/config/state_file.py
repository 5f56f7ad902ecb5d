"""Read the JSON files of a project's state; the error about a damaged file names it and says what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from sparkops.core.bounded_file import parse_json
from sparkops.core.private_file import read_private
from sparkops.errors import ProjectError, explain_damage

# Bytes of a file of the state, other than records of runs.
MAX_STATE: Final = 16 << 20
# What Python raises where a value of JSON has another form than it was written in.
MALFORMED: Final = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

# What the daemon of a project says of itself.
DAEMON_FILE: Final = "daemon.json"

Value = TypeVar("Value")


class DamagedState(ProjectError):
    """A file of the state cannot be read.

    Args:
        path: The file.
        content: What it contains, for the message.
        error: What is wrong.
        advice: What to do about it, as a clause.
    """

    def __init__(self, path: Path, content: str, error: Exception, advice: str) -> None:
        super().__init__(f"{path}, {content}, cannot be read ({explain_damage(error)}): {advice}.")


def read_state(
    path: Path, parse: Callable[[Any], Value], *, content: str, advice: str, limit: int = MAX_STATE
) -> Value:
    """Return the value of a JSON file of the state: a regular file of a bounded size, not behind a symbolic link.

    Args:
        path: The file.
        parse: Returns the value of what JSON contains; raises one of `MALFORMED` if that has another form.
        content: What the file contains, for the message.
        advice: What to do about a damaged file, as a clause.
        limit: Largest number of bytes.

    Raises:
        FileNotFoundError: There is no such file.
        DamagedState: It cannot be read.
    """
    try:
        return parse(parse_json(read_private(path, limit)))
    except FileNotFoundError:
        raise
    except (OSError, *MALFORMED) as error:
        raise DamagedState(path, content, error, advice) from error


def require_text(values: Mapping[str, Any], key: str) -> str:
    """Return the text under a key of a JSON object; TypeError or KeyError if there is none."""
    value = values[key]
    if not isinstance(value, str):
        raise TypeError(f"`{key}` is no text")
    return value


def require_version(value: Any) -> int:
    """Return the version of a table; TypeError if the value is none."""
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise TypeError("a version is no whole number")
    return value
