"""Spark's own daemon of Python workers, without archives on the module path.

Spark puts its core jar, and copies of pyspark and py4j as zip files, on the path that workers import from, and a worker
reads the whole directory of each anew for every task, in Python. Where pyspark is installed, none of them is needed.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec

_whole = list(sys.path)
sys.path[:] = [part for part in _whole if not part.endswith((".jar", "pyspark.zip", "-src.zip"))]
if find_spec("pyspark") is None or find_spec("py4j") is None:
    sys.path[:] = _whole

if __name__ == "__main__":
    from pyspark.daemon import manager

    manager()  # type: ignore[no-untyped-call]
