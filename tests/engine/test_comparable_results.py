"""A replay of a model is refused where there would be nothing to compare, so that it is never called identical."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sparkops.engine.operations.comparison.replay_results import find_report_problem, require_comparable
from sparkops.errors import DamagedModel, InputError
from sparkops.runs.records.run import Run
from sparkops.scoring.artifact.certificate import dump_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE, SCORER

RUN = Run(id="r1", job="train", registered={"name": "churn", "version": 3})
DROPPED, SCORED = ({"x": 1.0}, "dropped"), ({"x": 2.0}, {"prediction": 0.5})


def is_comparable(folder: Path, run: Run = RUN, certificate: str | None = None) -> bool:
    if certificate is not None:
        (folder / SCORER).mkdir(parents=True)
        (folder / SCORER / CERTIFICATE).write_text(certificate)
    models = SimpleNamespace(fetch_folder=lambda name, version: folder)
    container: Any = SimpleNamespace(project=SimpleNamespace(models=models))
    require_comparable(container, run)
    return True


@pytest.mark.parametrize("certificate", [None, "", dump_cases([DROPPED])])
def test_a_model_without_metrics_and_scores_is_refused(tmp_path: Path, certificate: str | None) -> None:
    message = "Run r1 recorded no metrics, and version 3 of model `churn` has no certificate with scores"
    with pytest.raises(InputError, match=message):
        is_comparable(tmp_path, certificate=certificate)


def test_metrics_or_scores_are_enough(tmp_path: Path) -> None:
    assert is_comparable(tmp_path, Run(id="r1", job="train", registered=RUN.registered, metrics={"auc": 0.8}))
    assert is_comparable(tmp_path, Run(id="r2", job="sales"))
    assert is_comparable(tmp_path, certificate=dump_cases([DROPPED, SCORED]))


def test_a_damaged_certificate_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DamagedModel, match="is damaged"):
        is_comparable(tmp_path, certificate="no json")


def test_a_recorded_page_is_read_in_the_folders_of_the_project_only(tmp_path: Path) -> None:
    reports, state = tmp_path / "reports", tmp_path / ".sparkops"
    for folder in (reports, state):
        folder.mkdir()
        (folder / "page.html").write_text("<p>a page</p>")
    (reports / "link.html").symlink_to("/etc/passwd")
    (reports / "inside.html").symlink_to(reports / "page.html")

    def find(path: Path) -> str:
        return " ".join(find_report_problem(path, (reports, state)))

    assert find(reports / "page.html") == find(state / "page.html") == find(reports / "inside.html") == ""
    assert "was removed" in find(reports / "other.html")
    for path in (
        Path("/etc/passwd"),
        reports / "../secret.html",
        reports / "link.html",
        Path("reports/page.html"),
    ):
        assert (
            f"The page {path} of its report is not in {reports}, where this project has its reports"
            in find(path)
        )
