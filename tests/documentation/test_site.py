"""The documentation site: generated pages are current, examples valid, links intact; nothing external is loaded."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from documentation.blocks import ROOT, read_pages

from sparkops.config.load import load

REFERENCE = runpy.run_path(str(ROOT / "scripts" / "docs_reference.py"), run_name="docs_reference")
KEYS = list(REFERENCE["keys"]())
NOT_RUN = {
    "docs/explanation/security.md": 1,
    "README.md": 2,
    "CONTRIBUTING.md": 2,
    "docs/tutorial.md": 1,
    "docs/how-to/databricks.md": 2,
    "docs/how-to/operate-the-service.md": 2,
    "docs/how-to/run-on-a-cluster.md": 3,
    "docs/how-to/schedule.md": 1,
    "docs/how-to/use-a-spark-model-trained-elsewhere.md": 1,
}


def test_the_generated_pages_are_current() -> None:
    assert REFERENCE["find_outdated"]() == [], "run scripts/docs --reference"


def test_every_configuration_key_is_described_with_an_example() -> None:
    assert {key.route for key in KEYS} >= {
        "warehouse",
        "tables.<table>.schema",
        "spark.master",
        "models.rules",
    }
    assert [key.route for key in KEYS if not (key.text and key.example)] == []


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.route)
def test_the_example_of_a_key_is_valid(key: Any, make_project: Any) -> None:
    text = REFERENCE["_as_yaml"](key.route, key.example)
    root = make_project({"conf/base/project.yml": text, "lib/connector.jar": ""})
    settings = load(root, environment={}).settings.model_dump(by_alias=True)
    top = next(iter(yaml.safe_load(text)))
    assert settings[top] not in (None, {}, "")


def test_blocks_that_are_not_run_are_few_and_have_a_reason() -> None:
    skipped = {
        page.name: [block.directives["not run"] for block in page.blocks if "not run" in block.directives]
        for page in read_pages()
    }
    assert {name: len(reasons) for name, reasons in skipped.items() if reasons} == NOT_RUN
    assert all(reason for reasons in skipped.values() for reason in reasons)


def test_every_console_block_is_run_or_marked() -> None:
    """A block in a language that nothing runs would be a block that nobody checks."""
    known = {"console", "bash", "python", "yaml", "json", "csv", "text", "", "toml"}
    assert {block.language for page in read_pages() for block in page.blocks} <= known


def test_the_architecture_page_names_every_package() -> None:
    text = (ROOT / "docs" / "explanation" / "architecture.md").read_text("utf-8")
    table = text.split("## Packages")[1].split("\n\nEach large library")[0]
    named = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| +\d+ \|([^|]*)\|", table, re.MULTILINE))))
    parts = (part for part in (ROOT / "sparkops").iterdir() if not part.name.startswith("_"))
    assert named == {part.stem for part in parts if (part / "__init__.py").is_file() or part.suffix == ".py"}


def test_links_of_pages_at_the_top_level_hold() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"):
        for link in re.findall(r"\]\(([^)#:\s]+)[^):]*\)", (ROOT / name).read_text("utf-8")):
            assert (ROOT / link).exists(), f"{name}: {link}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as scripts/docs does."""
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_loads_nothing_from_other_hosts(site: Path) -> None:
    loads = re.compile(
        r"""<(?:script|img|iframe|source)[^>]+src=["']?https?:|<link[^>]+rel=["']?(?:stylesheet|preconnect|icon)[^>]+https?:"""
    )
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    assert [page.name for page in pages if loads.search(page.read_text("utf-8"))] == []
    sheets = [sheet.read_text("utf-8") for sheet in site.rglob("*.css")]
    assert not [sheet for sheet in sheets if re.search(r"(?:@import|url\()\s*[\"']?https?:", sheet)]


def test_the_site_holds_the_drawings_and_the_public_names(site: Path) -> None:
    assert (site / "explanation" / "architecture.html").read_text("utf-8").count(
        '<figure class="drawing"'
    ) == 2
    python = (site / "reference" / "python.html").read_text("utf-8")
    for name in ("sparkops.Engine.run", "sparkops.Engine.flow", "sparkops.Gate", "sparkops.load_scorer"):
        assert f'id="{name}"' in python, name


def test_pictures_are_small() -> None:
    pictures = list((ROOT / "docs" / "assets").rglob("*.*"))
    assert {picture.name for picture in pictures} >= {"demo.svg", "report.png", "run.svg", "row.svg"}
    assert all(picture.stat().st_size < 200_000 for picture in pictures)
