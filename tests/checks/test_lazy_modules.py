"""A lazily imported module is loaded once, completely, at the first access to an attribute, by any thread."""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkops.checks.gx.lazy_modules import import_lazily


def count_loads() -> int:
    """Return how often the slow module was loaded."""
    return int(vars(sys)["loads"])


@pytest.fixture
def slow_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the name of a module that takes 0.2 s to load and counts in `sys.loads` how often it was loaded."""
    name = "slow_to_load"
    text = (
        "import sys, time\nsys.loads = getattr(sys, 'loads', 0) + 1\nfirst = 1\ntime.sleep(0.2)\nlast = 2\n"
    )
    (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "loads", 0, raising=False)
    yield name
    sys.modules.pop(name, None)


def test_a_lazy_module_is_loaded_at_the_first_access(slow_module: str) -> None:
    with import_lazily([slow_module]):
        module = importlib.import_module(slow_module)
    assert count_loads() == 0
    assert module.last == 2
    assert count_loads() == 1
    with pytest.raises(AttributeError, match="no attribute 'nowhere'"):
        module.nowhere  # noqa: B018


def test_threads_that_access_it_at_once_all_see_the_complete_module(slow_module: str) -> None:
    with import_lazily([slow_module]):
        module = importlib.import_module(slow_module)
    values: list[int] = []
    threads = [threading.Thread(target=lambda: values.append(module.last)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values == [2] * 8
    assert count_loads() == 1


def test_another_thread_imports_eagerly(slow_module: str) -> None:
    with import_lazily([slow_module]):
        thread = threading.Thread(target=importlib.import_module, args=(slow_module,))
        thread.start()
        thread.join()
        assert count_loads() == 1


def test_a_module_that_fails_raises_its_error_at_each_access(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_module.py").write_text("raise ValueError('broken')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with import_lazily(["broken_module"]):
        module = importlib.import_module("broken_module")
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            module.anything  # noqa: B018
    del sys.modules["broken_module"]


def test_great_expectations_is_imported_without_its_rarely_used_libraries_which_still_work() -> None:
    code = (
        "import sys, pathlib\n"
        "from sparkops.checks.gx.library import GxLibrary\n"
        "GxLibrary().ensure_imported()\n"
        "assert 'scipy.stats._stats_py' not in sys.modules and 'altair.vegalite' not in sys.modules\n"
        "from scipy.stats import norm\n"
        "import altair as alt\n"
        "assert norm.cdf(0) == 0.5 and alt.Chart.__module__.startswith('altair')\n"
        "from great_expectations.expectations import ExpectColumnKLDivergenceToBeLessThan\n"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
