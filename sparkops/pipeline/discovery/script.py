"""Make relative imports work in a job's file that is started as a script.

Examples are `python jobs/x.py` and `spark-submit jobs/x.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sparkops.pipeline.discovery.jobs_folder import JobsFolder
from sparkops.pipeline.discovery.jobs_package import prepare_package


def prepare_script() -> None:
    """Set `__package__` of the module `__main__`, if its file is in a folder of jobs.

    Without it, `from .helper import x` and `from jobs.helper import x` would fail in a file that is started as a
    script. Python itself sets it for `python -m jobs.x`.
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
