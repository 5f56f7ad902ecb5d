"""Infer the sizes of input vectors that a signature lacks, from the sizes that the stages were fitted with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sparkops.scoring.ir.field import Field

# Sizes to start from: some stages need few slots, some many.
_STARTS = (1, 16, 64, 900)
# Largest size that is tried one by one, for a stage whose vectors do not grow in proportion to the field.
_MAX_SCANNED = 64


@dataclass(frozen=True, slots=True)
class Trial:
    """How far the stages of a model fit fields of some sizes.

    Args:
        position: Position of the first stage that does not fit; the number of stages if all do.
        size: Slots of the vectors that this stage gets; 0 if it fails for another reason.
        needed: Slots that it needs.
    """

    position: int
    size: int = 0
    needed: int = 0


TrySizes = Callable[[Sequence[Field]], Trial]


def infer_sizes(fields: Sequence[Field], try_sizes: TrySizes) -> tuple[Field, ...]:
    """Return the fields with the sizes of vectors, as far as the stages determine them.

    Args:
        fields: Columns of the signature.
        try_sizes: Tries the stages on fields that all have a size.
    """
    search = _Search(fields, try_sizes)
    while search.resolve_one():
        pass
    return tuple(
        replace(item, size=search.sizes[item.name]) if item.name in search.sizes else item for item in fields
    )


@dataclass(slots=True)
class _Search:
    """The sizes that are found one after another.

    Args:
        fields: Columns of the signature.
        try_sizes: See `infer_sizes`.
        sizes: Sizes found so far.
    """

    fields: Sequence[Field]
    try_sizes: TrySizes
    sizes: dict[str, int] = field(default_factory=dict)

    def resolve_one(self) -> bool:
        """Find the size of one more field; return whether there is one."""
        for name in self._list_unknown():
            size = next((size for start in _STARTS if (size := self._find_size(name, start))), None)
            if size is not None:
                self.sizes[name] = size
                return True
        return False

    def _list_unknown(self) -> list[str]:
        vectors = (item for item in self.fields if item.type == "vector" and item.size is None)
        return [item.name for item in vectors if item.name not in self.sizes]

    def _attempt(self, changed: Mapping[str, int], start: int) -> Trial:
        """Try the stages; a field of unknown size has the starting size."""
        tried = {**dict.fromkeys(self._list_unknown(), start), **self.sizes, **changed}
        return self.try_sizes(
            [replace(item, size=tried[item.name]) if item.name in tried else item for item in self.fields]
        )

    def _find_size(self, name: str, start: int) -> int | None:
        """Return the size of a vector field that fits the first stage which does not fit yet.

        Each field of unknown size is tried with one slot more. That tells which fields the stage depends on, and how
        many slots its vectors gain for each slot of the field; the size follows from the slots that are needed.

        Returns:
            None if the stage does not depend on this field alone.
        """
        first = self._attempt({}, start)
        grown = {other: self._attempt({other: start + 1}, start) for other in self._list_unknown()}
        if [other for other, trial in grown.items() if trial != first] != [name]:
            return None
        own = grown[name]
        if not first.size:
            return start if own.size else None
        growth = own.size - first.size if own.position == first.position else 0
        size, remainder = divmod(first.needed - first.size, growth) if growth else (1, 0)
        candidates = [start + size, *range(1, _MAX_SCANNED)] if not remainder else range(1, _MAX_SCANNED)
        fitting = (
            size
            for size in candidates
            if size > 0 and self._attempt({name: size}, start).position > first.position
        )
        return next(fitting, None)
