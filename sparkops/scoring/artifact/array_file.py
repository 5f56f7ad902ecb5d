"""The arrays of a description in one file: written as small as their values allow, read back as they were."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np

from ...errors import ModelError
from ..ir.arrays import WIDE_TYPES, Numbers

MAX_BYTES = 2**32  # bytes
_SUFFIX = ".npy"
_SMALL = (np.int8, np.int16, np.int32)


def write_arrays(file: Path, arrays: Mapping[str, Numbers]) -> None:
    """Write arrays of float64 and int64, each in the smallest type that holds its values exactly."""
    with file.open("wb") as opened:
        np.savez(opened, allow_pickle=False, **{name: _small(array) for name, array in arrays.items()})


def read_arrays(file: Path) -> dict[str, Numbers]:
    """Return the arrays of a file, in the types they are written in; they cannot be changed.

    Raises:
        ModelError: They would fill the memory.
        ValueError: They are no plain numbers.
    """
    with ZipFile(file) as opened:
        size = sum(item.file_size for item in opened.infolist())
        if size > MAX_BYTES:
            raise ModelError(f"{file} holds {size:,} bytes, more than a compiled model may ({MAX_BYTES:,}).")
        return {name.removesuffix(_SUFFIX): _array(opened.read(name)) for name in opened.namelist()}


def widen(array: Numbers, *, keep: str = "") -> Numbers:
    """Return an array as doubles, or as whole numbers of 64 bits.

    Args:
        array: Numbers of a file.
        keep: "i" leaves whole numbers in the type that they have, "f" leaves single precision.

    Raises:
        TypeError: It holds something else.
    """
    kind = array.dtype
    if kind not in (np.float64, np.float32, np.int64, *_SMALL):
        raise TypeError(f"an array of {kind} is none of numbers")
    return array if kind.kind == keep else np.asarray(array, dtype=WIDE_TYPES[kind.kind])


def _small(array: Numbers) -> Numbers:
    if array.dtype == np.int64 and array.size:
        low, high = int(array.min()), int(array.max())
        fits = (kind for kind in _SMALL if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
        return array.astype(next(fits, np.int64))
    if array.dtype == np.float64 and array.size:
        with np.errstate(all="ignore"):
            single = array.astype(np.float32)
        same = single.astype(np.float64).view(np.int64) == np.ascontiguousarray(array).view(np.int64)
        return single if same.all() else array
    return array


def _array(content: bytes) -> Numbers:
    """Return the array that NumPy wrote, over the same memory."""
    opened = BytesIO(content)
    if np.lib.format.read_magic(opened) != (1, 0):
        raise ValueError("an array is written in another way")
    shape, by_column, kind = np.lib.format.read_array_header_1_0(opened)
    flat = np.frombuffer(content, dtype=kind, offset=opened.tell())
    return flat.reshape(shape, order="F" if by_column else "C")
