"""Find the code in a saved Spark model: classes that are not Spark's own, and SQL that calls programs or Java.

Spark's loader imports the class that a stage's metadata names, whatever it is, and calls its `load`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sparkops.core.bounded_file import MAX_FACTS, read_text
from sparkops.core.wording import format_count, truncate
from sparkops.errors import UntrustedModel

_OWN_CLASS = re.compile(r"(org\.apache\.spark\.(ml|mllib)|pyspark\.ml)(\.[A-Za-z0-9_]+)+")
# `reflect` calls any static method of Java, and `TRANSFORM (...) USING 'program'` starts a program.
_CALLING_SQL = re.compile(r"\b(?:(?:try_)?reflect|java_method|using)\b", re.IGNORECASE)
_MAX_NAMES, _MAX_LENGTH = 5, 100


def require_no_code(folder: Path) -> None:
    """Raise `UntrustedModel` if loading a Spark model or scoring with it runs code that is not Spark's own.

    Args:
        folder: The folder that Spark's loader gets, or one above it.
    """
    code = list(dict.fromkeys(find_code(folder)))
    if not code:
        return
    shown = ", ".join(truncate(name, _MAX_LENGTH) for name in code[:_MAX_NAMES])
    more = f" and {format_count(len(code) - _MAX_NAMES, 'other')}" if len(code) > _MAX_NAMES else ""
    raise UntrustedModel(
        f"The Spark model in {folder} is not loaded, because that runs code which no registry vouches for: "
        f"{shown}{more}. It would run with your rights. If you trust its author, pass --trust."
    )


def find_code(folder: Path) -> Iterator[str]:
    """Yield a description of all code in a saved Spark model; unreadable metadata counts as code."""
    for metadata in sorted(folder.rglob("metadata")):
        if not metadata.is_dir():
            continue
        for file in sorted(metadata.iterdir()):
            # Spark's readers skip names that begin so.
            if not file.name.startswith((".", "_")):
                yield from _find_in_file(file)


def _find_in_file(file: Path) -> Iterator[str]:
    try:
        lines = [line for line in read_text(file, MAX_FACTS).splitlines() if line.strip()]
        values: list[dict[str, Any]] = [dict(json.loads(line)) for line in lines]
    except (OSError, ValueError, TypeError, RecursionError):
        yield f"the file {file.name}, which is not metadata in JSON"
        return
    for value in values:
        name = str(value.get("class"))
        if not _OWN_CLASS.fullmatch(name):
            yield f"the class {name}"
        text = json.dumps([value.get("paramMap"), value.get("defaultParamMap")])
        if name.endswith(".SQLTransformer") and (match := _CALLING_SQL.search(text)):
            yield f"SQL with {match[0].upper()}"
        if "/" in str(value.get("uid")):
            yield f"a stage in another folder, {value['uid']}"
