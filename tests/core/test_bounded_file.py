"""Files are read up to a limit, and without memory for more than they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.core.bounded_file import read_bytes


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 10_000])
def test_a_file_is_read_up_to_the_limit(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    assert read_bytes(path, size) == b"x" * size
    if size:
        with pytest.raises(OSError, match=f"Larger than {size - 1:,} bytes"):
            read_bytes(path, size - 1)


def test_no_memory_is_taken_for_bytes_that_a_file_does_not_have(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    # More than any machine can allocate.
    assert read_bytes(path, 1 << 62) == b"x"


def test_a_file_whose_size_is_unknown_is_read_whole() -> None:
    assert read_bytes(Path("/proc/self/status"), 1 << 20).count(b"\n") > 20
