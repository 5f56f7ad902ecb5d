"""Find everything in a project that cannot be used: settings, files of jobs, suites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sparkops.errors import SparkopsError

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


def find_project_problems(container: ServiceContainer) -> Mapping[str, list[str]]:
    """Return what is wrong with configuration, jobs and suites, without Spark; the lists are empty if nothing is."""
    project = container.project
    configuration = [problem.text for problem in project.config.problems]
    return {
        "configuration": list(dict.fromkeys(configuration)),
        "jobs": list(_find_job_problems(container)),
        "suites": list(_find_suite_problems(container)),
    }


def _find_job_problems(container: ServiceContainer) -> Iterator[str]:
    project = container.project
    try:
        declared = project.declared
    except SparkopsError as error:
        yield str(error)
        return
    yield from dict.fromkeys(broken.summary for broken in declared.broken)
    yield from project.find_unknown_job_settings()


def _find_suite_problems(container: ServiceContainer) -> Iterator[str]:
    for table in container.checks.list_tables():
        try:
            container.checks.find_suite(table)
        except SparkopsError as error:
            yield str(error)
