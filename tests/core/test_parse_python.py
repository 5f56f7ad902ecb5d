"""Python is parsed in one thread at a time, wherever sparkops reads code."""

from __future__ import annotations

import ast
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import sparkops
from sparkops.core.imported_files import parse_python


def test_threads_parse_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    parse, active, most = ast.parse, 0, 0

    def count(source: str) -> Any:
        nonlocal active, most
        active += 1
        most = max(most, active)
        time.sleep(0.01)
        active -= 1
        return parse(source)

    monkeypatch.setattr(ast, "parse", count)
    threads = [threading.Thread(target=parse_python, args=("x = 1",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_no_other_module_parses_python_itself() -> None:
    root = Path(sparkops.__file__).parent
    calls = [path for path in root.rglob("*.py") if re.search(r"\bast\.parse\(", path.read_text("utf-8"))]
    assert [path.name for path in calls] == ["imported_files.py"]
