"""Spark's daemon of Python workers, without archives on the module path.

Spark adds its core jar and zipped copies of pyspark and py4j to the import path of workers, and each task reads their
directories again. Where pyspark is installed, none of them is needed.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

_original_path = list(sys.path)
sys.path[:] = [part for part in _original_path if not part.endswith((".jar", "pyspark.zip", "-src.zip"))]
if find_spec("pyspark") is None or find_spec("py4j") is None:
    sys.path[:] = _original_path

if __name__ == "__main__":
    from pyspark.daemon import manager

    manager()  # type: ignore[no-untyped-call]
