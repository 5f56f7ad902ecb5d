"""Let a job's file that Python was started with (`python jobs/x.py`, `spark-submit jobs/x.py`) import its neighbours."""

from __future__ import annotations

import sys
from pathlib import Path

from sparkops.pipeline.discovery.jobs_folder import JobsFolder
from sparkops.pipeline.discovery.jobs_package import prepare_package


def prepare_script() -> None:
    """Give the started file the package that it has as a module, if it is in a folder of jobs; else do nothing.

    Python does the same for `python -m jobs.x`. Without it, `from .helper import x` and `from jobs.helper import x` would
    fail in a file that is started as a script.
    """
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    is_module = getattr(main, "__spec__", None) is not None or bool(getattr(main, "__package__", None))
    if main is None or not isinstance(file, str) or is_module:
        return
    path = Path(file).resolve()
    root = next((parent for parent in path.parents if (parent / "conf").is_dir()), None)
    jobs_folder = _find_jobs_folder(path, root) if root is not None else None
    if jobs_folder is not None:
        prepare_package(jobs_folder)
        main.__package__ = jobs_folder.get_module_name(path).rpartition(".")[0]


def _find_jobs_folder(file: Path, root: Path) -> JobsFolder | None:
    """Return the folder of jobs that contains a file: jobs/ of the project, else the file's own package."""
    jobs = root / "jobs"
    if file.is_relative_to(jobs):
        return JobsFolder.of(jobs)
    return JobsFolder.of(file.parent) if (file.parent / "__init__.py").is_file() else None
