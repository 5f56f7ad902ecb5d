"""The check that a row has the fields of a model: all that it reads, and none that it does not know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...core.wording import did_you_mean
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
            hint = did_you_mean(str(name), needed) or f" It reads {', '.join(needed)}."
            raise RowError(
                f"Field `{name}` is not known to this model.{hint}", field=str(name), value=row[name]
            )
