"""The check that a row has the fields of a model: all that it reads, and none that it does not know."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from ...errors import RowError


def check_row_fields(row: Any, needed: Sequence[str], ignored: Sequence[str]) -> None:
    """Refuse a row that lacks a field, or has one that the model does not know.

    Args:
        row: A mapping by field name; or the columns of a batch.
        needed: Fields that the model reads.
        ignored: Other fields of its signature, which a row may have.

    Raises:
        RowError: A field is missing or unknown.
    """
    missing = [name for name in needed if name not in row]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        subject = f"Field {names} is" if len(missing) == 1 else f"Fields {names} are"
        unknown = ", ".join(f"`{name}`" for name in row if name not in needed and name not in ignored)
        clause = f", and {unknown} not known" if unknown else ""
        raise RowError(f"{subject} missing{clause}; the model reads {', '.join(needed)}.", field=missing[0])
    for name in row:
        if name not in needed and name not in ignored:
            near = get_close_matches(str(name), needed, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"it reads {', '.join(needed)}."
            raise RowError(
                f"Field `{name}` is not known to this model: {hint}", field=str(name), value=row[name]
            )
