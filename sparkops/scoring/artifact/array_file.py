"""The arrays of a description in one file, each in the smallest type that represents its values exactly."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tokenize import TokenError
from zipfile import ZIP_STORED, ZipFile

import numpy as np

from ...core.bounded_file import open_regular
from ...errors import ModelError
from ..ir.arrays import WIDE_TYPES, Numbers

MAX_BYTES = 2**32
_SUFFIX = ".npy"
_NARROW_INTEGERS = (np.int8, np.int16, np.int32)


def write_arrays(file: Path, arrays: Mapping[str, Numbers]) -> None:
    """Write arrays of float64 and int64, each in the smallest type that represents its values exactly."""
    with file.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **{name: _narrow(array) for name, array in arrays.items()})


def read_arrays(file: Path) -> dict[str, Numbers]:
    """Return the arrays of a file, read-only and in the types of the file.

    Raises:
        ModelError: They are larger than the limit, which protects the memory.
        ValueError: An array contains something other than numbers.
    """
    with open_regular(file) as stream, ZipFile(stream) as archive:
        items = archive.infolist()
        if any(item.compress_type != ZIP_STORED for item in items):
            # A small file could stand for any amount of memory.
            raise ModelError(f"{file} is compressed, which the file of a compiled model is not.")
        names = archive.namelist()
        if len(set(names)) < len(names):
            raise ValueError("it contains an array twice")
        size = sum(item.file_size for item in items)
        if size > MAX_BYTES:
            raise ModelError(f"{file} has {size:,} bytes; a compiled model may have at most {MAX_BYTES:,}.")
        return {name.removesuffix(_SUFFIX): _parse_array(archive.read(name)) for name in names}


def widen(array: Numbers, *, keep: str = "") -> Numbers:
    """Return an array as float64 or int64.

    Args:
        array: An array of a file.
        keep: "i" keeps the type of integer arrays, "f" that of floating-point arrays.

    Raises:
        TypeError: The array has another type.
    """
    dtype = array.dtype
    if dtype not in (np.float64, np.float32, np.int64, *_NARROW_INTEGERS):
        raise TypeError(f"an array of type {dtype} does not contain numbers")
    return array if dtype.kind == keep else np.asarray(array, dtype=WIDE_TYPES[dtype.kind])


def _narrow(array: Numbers) -> Numbers:
    if array.dtype == np.int64 and array.size:
        low, high = int(array.min()), int(array.max())
        fits = (
            dtype for dtype in _NARROW_INTEGERS if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max
        )
        return array.astype(next(fits, np.int64))
    if array.dtype == np.float64 and array.size:
        with np.errstate(all="ignore"):
            narrowed = array.astype(np.float32)
        is_exact = narrowed.astype(np.float64).view(np.int64) == np.ascontiguousarray(array).view(np.int64)
        return narrowed if is_exact.all() else array
    return array


def _parse_array(content: bytes) -> Numbers:
    """Return the array of a .npy file without copying its content."""
    stream = BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("an array is not in version 1.0 of the .npy format")
    try:
        shape, by_column, dtype = np.lib.format.read_array_header_1_0(stream)
    except TokenError:
        # NumPy reads a header that is no literal as one of Python 2.
        raise ValueError("the header of an array is damaged") from None
    flat = np.frombuffer(content, dtype=dtype, offset=stream.tell())
    return flat.reshape(shape, order="F" if by_column else "C")
