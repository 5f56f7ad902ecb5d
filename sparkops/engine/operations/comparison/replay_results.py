"""Compare a replayed report or model with the one that the original run made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.core.bounded_file import read_text
from sparkops.engine.adapters.replayed_results import CompareResult
from sparkops.errors import InputError, SparkopsError, explain_damage
from sparkops.pipeline.reports.replay_verdict import FactDifference
from sparkops.runs.records.run import Run
from sparkops.runs.replay.facts import compare_numbers

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer
    from sparkops.pipeline.model import Model
    from sparkops.pipeline.reports.report import Report

# Number of differing scores that are listed.
_MAX_SCORES = 20
# Bytes of the page of a report.
_MAX_PAGE = 256 << 20

# The differences, and in words what was compared.
Comparison = tuple[tuple[FactDifference, ...], str]


def find_missing_result(container: ServiceContainer, original: Run) -> Iterator[str]:
    """Yield what is missing of the report page or model version that a run made, as sentences."""
    if original.report is not None:
        settings = container.settings
        folders = (Path(settings.reports), settings.state)
        yield from find_report_problem(Path(original.report), folders)
    if original.registered is not None:
        name, version = original.registered["name"], original.registered["version"]
        try:
            container.project.models.resolve(name, version)
        except SparkopsError as error:
            yield f"Model `{name}` version {version}, which it registered: {error}"


def find_report_problem(page: Path, folders: Sequence[Path]) -> Iterator[str]:
    """Yield why the recorded page of a report is not read, if it is not.

    Args:
        page: Its path in the record, which may be of another project.
        folders: The folders in which pages are written.
    """
    # A record may be imported: it must not have a file elsewhere read.
    if not any(page.resolve().is_relative_to(folder.resolve()) for folder in folders):
        yield (
            f"The page {page} of its report is not in {folders[0]}, where this project has its reports, so it is not "
            "read: set `reports` in conf/ to its folder, or replay the run in its own project."
        )
    elif not page.is_file():
        yield f"The page {page} of its report was removed."


def require_comparable(container: ServiceContainer, original: Run) -> None:
    """Refuse to replay the training of a model whose record has nothing to compare a new one with.

    Raises:
        InputError: The run recorded no metrics, and the version has no scores.
    """
    from sparkops.registry.replayed_scores import has_scores

    if original.registered is None or original.metrics:
        return
    name, version = original.registered["name"], original.registered["version"]
    if not has_scores(container.project.models.fetch_folder(name, version)):
        raise InputError(
            f"Run {original.id} recorded no metrics, and version {version} of model `{name}` has no certificate with "
            "scores: there is nothing to compare a replay with. Give the Model metrics= or evaluate=, and train it "
            "again."
        )


def choose_comparison(container: ServiceContainer, original: Run, tolerance: float) -> CompareResult:
    """Return the function that compares a report or model with that of the original."""
    if original.registered is not None:
        return partial(_compare_model, container, original, tolerance)
    return partial(_compare_report, container, original)


def _compare_report(container: ServiceContainer, original: Run, report: Report) -> Comparison:
    """Compare the pages of two reports, without the facts of their runs."""
    from sparkops.reports.page_difference import compare_pages, count_parts

    services = container.build_run_services()
    replayed = services.reports.render(report, original)
    recorded = _read_page(Path(str(original.report)))
    differences = tuple(
        FactDifference(section="report", name=part.name, recorded=part.recorded, replayed=part.replayed)
        for part in compare_pages(recorded, replayed)
    )
    return differences, f"{count_parts(recorded)} parts of the report"


def _read_page(page: Path) -> str:
    """Return the recorded page of a report; InputError if it cannot be read."""
    try:
        return read_text(page, _MAX_PAGE)
    except (OSError, ValueError) as error:
        raise InputError(f"The recorded page {page} cannot be read ({explain_damage(error)}).") from error


def _compare_model(container: ServiceContainer, original: Run, tolerance: float, model: Model) -> Comparison:
    """Compare a trained model with the registered version: metrics, and scores of the rows of the certificate."""
    from sparkops.registry.evaluation import evaluate
    from sparkops.registry.replayed_scores import compare_scores

    recorded: dict[str, Any] = dict(original.metrics)
    facts = list(compare_numbers("metrics", recorded, evaluate(model), tolerance))
    compared = f"{len(recorded)} metrics of the model"
    version: Mapping[str, Any] = original.registered or {}
    folder = container.project.models.fetch_folder(version["name"], version["version"])
    scores = compare_scores(model, folder, tolerance)
    if scores is None:
        return (
            tuple(facts),
            f"{compared}; not its scores, because version {version['version']} has no certificate with any",
        )
    facts += [
        FactDifference(section="scores", name=name, recorded=before, replayed=after)
        for name, before, after in scores.differences[:_MAX_SCORES]
    ]
    return tuple(facts), f"{compared}, and its scores of {scores.rows} rows of the certificate"
