"""The files of a job's code: its own and the modules that it imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparkops.pipeline.discovery.source_files import find_source_files

FILES = {
    "jobs/daily.py": "from jobs.lib import money\nfrom .other import x\nfrom shared.words import WORD\n@job\ndef daily(): ...\n",
    "jobs/other.py": "@job\ndef other(): ...\n",
    "jobs/unused.py": "@job\ndef unused(): ...\n",
    "jobs/_beside.py": "",
    "jobs/lib/__init__.py": "",
    "jobs/lib/money.py": "def f():\n    from . import rates\n    import numpy, broken\n",
    "jobs/lib/rates.py": "from ..lib import money\n",
    "jobs/lib/unused.py": "",
    "shared/words.py": "WORD = 1\n",
    "broken.py": "def (",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def names(root: Path, file: str) -> list[str]:
    return [path.relative_to(root).as_posix() for path in find_source_files(root / file, root)]


def test_imported_modules_count_and_other_jobs_do_not(root):
    assert names(root, "jobs/daily.py") == [
        "broken.py",
        "jobs/_beside.py",
        "jobs/daily.py",
        "jobs/lib/__init__.py",
        "jobs/lib/money.py",
        "jobs/lib/rates.py",
        "jobs/other.py",
        "shared/words.py",
    ]
    assert names(root, "jobs/unused.py") == ["jobs/_beside.py", "jobs/unused.py"]


def test_of_an_installed_package_only_its_own_modules_count(tmp_path):
    package = tmp_path / "site-packages" / "acme"
    for name, text in {
        "__init__.py": "",
        "lib.py": "import other_package\n",
        "jobs/__init__.py": "",
        "jobs/a.py": "from ..lib import x\nfrom acme import b\nimport other_package\n",
        "b.py": "",
        "../other_package.py": "",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    files = [path.name for path in find_source_files(package / "jobs/a.py", tmp_path / "project")]
    assert files == ["__init__.py", "b.py", "__init__.py", "a.py", "lib.py"]
