"""Arrays of a description: float64 and int64, possibly held in smaller types that widen to the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]
WIDE_TYPES: dict[str, type] = {"f": np.float64, "i": np.int64}
# Number of elements that are widened at once.
_CHUNK = 2**16


def iter_chunks(array: Numbers) -> Iterator[memoryview]:
    """Yield the bytes of an array in chunks, flattened, each number widened to 64 bits."""
    flat = np.ascontiguousarray(array).ravel()
    wide = WIDE_TYPES.get(flat.dtype.kind, flat.dtype)
    for start in range(0, len(flat), _CHUNK):
        yield flat[start : start + _CHUNK].astype(wide, copy=False).data
