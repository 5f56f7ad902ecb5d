"""Modules that may wait are loaded at their first use, whole and once, whoever asks."""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sparkops.checks.gx.lazy_modules import late


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that takes a moment to load and counts how often it was."""
    name = "slow_to_load"
    text = (
        "import sys, time\nsys.loads = getattr(sys, 'loads', 0) + 1\nfirst = 1\ntime.sleep(0.2)\nlast = 2\n"
    )
    (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "loads", 0, raising=False)
    yield name
    sys.modules.pop(name, None)


def test_a_late_module_loads_at_its_first_use(slow: str) -> None:
    with late([slow]):
        module = importlib.import_module(slow)
    assert sys.loads == 0
    assert module.last == 2
    assert sys.loads == 1
    with pytest.raises(AttributeError, match="no attribute 'nowhere'"):
        module.nowhere  # noqa: B018


def test_threads_that_ask_at_once_all_get_the_whole_module(slow: str) -> None:
    with late([slow]):
        module = importlib.import_module(slow)
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(module.last)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [2] * 8
    assert sys.loads == 1


def test_another_thread_imports_as_ever(slow: str) -> None:
    with late([slow]):
        thread = threading.Thread(target=importlib.import_module, args=(slow,))
        thread.start()
        thread.join()
        assert sys.loads == 1


def test_a_module_that_fails_tells_its_error_at_each_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_module.py").write_text("raise ValueError('broken')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with late(["broken_module"]):
        module = importlib.import_module("broken_module")
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            module.anything  # noqa: B018
    del sys.modules["broken_module"]


def test_great_expectations_comes_without_what_it_seldom_uses_and_that_still_works() -> None:
    code = (
        "import sys, pathlib\n"
        "from sparkops.checks.gx.library import Library\n"
        "Library().wait()\n"
        "assert 'scipy.stats._stats_py' not in sys.modules and 'altair.vegalite' not in sys.modules\n"
        "from scipy.stats import norm\n"
        "import altair as alt\n"
        "assert norm.cdf(0) == 0.5 and alt.Chart.__module__.startswith('altair')\n"
        "from great_expectations.expectations import ExpectColumnKLDivergenceToBeLessThan\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
