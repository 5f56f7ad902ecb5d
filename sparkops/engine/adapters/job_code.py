"""Send the code of a project's jobs to Spark's workers, so that Python UDFs find the functions and modules they use."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sparkops.core.bounded_file import MAX_SOURCE, read_bytes
from sparkops.pipeline.discovery.jobs_folder import JobsFolder

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(slots=True)
class JobCode:
    """The code of the jobs of one project.

    Functions of the project's modules are pickled by value. Workers on other machines also get the modules in a zip
    file, for imports inside of functions; workers of `local` masters import them from the project's folder.

    Args:
        jobs: Folder of the jobs.
        root: The project's folder.
        send_files: Whether the files are sent to workers of `local` masters, too: in a session that another project
            started.
    """

    jobs: Path
    root: Path
    send_files: bool = False
    _sent: set[tuple[int, str]] = field(default_factory=set)
    # Runs of a fan-out send the code at the same time, and Spark refuses a second file of one name.
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _registered: tuple[str, ...] = ()

    def send(self, session: SparkSession) -> None:
        """Make the code available to the workers of a session; unchanged code is sent once."""
        from pyspark import cloudpickle

        jobs_folder = JobsFolder.of(self.jobs)
        imported = tuple(sys.modules)
        # Modules are registered by name: without another import there is nothing to register.
        if imported != self._registered:
            for module in self._find_modules(jobs_folder):
                cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]
            self._registered = imported
        if self.send_files or not _is_local(session):
            with self._lock:
                self._send_zip(session, dict(self._read_entries(jobs_folder)))

    def _find_modules(self, jobs_folder: JobsFolder) -> Iterator[ModuleType]:
        """Yield the imported modules of the jobs, and those of the project that they import."""
        own = jobs_folder.find_modules()
        for name, module in sys.modules.copy().items():
            # A module under a short name is registered under its own name.
            if module.__name__ == name and (name in own or self._is_project_module(module)):
                yield module

    def _is_project_module(self, module: ModuleType) -> bool:
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.startswith(f"{self.root}/") or not file.endswith(".py"):
            return False
        # A virtual environment in the project's folder is not the project's code, and neither is sparkops: the
        # workers have it, and some of its values (locks) cannot be pickled.
        parts = Path(file).relative_to(self.root).parts
        package = module.__name__.partition(".")[0]
        return "site-packages" not in parts and package not in ("__main__", "sparkops")

    def _read_entries(self, jobs_folder: JobsFolder) -> Iterator[tuple[str, bytes]]:
        """Yield the name and content of each file of the zip: under the full name, and under the short name."""
        for file in jobs_folder.find_sources():
            if file.is_file():
                content = read_bytes(file, MAX_SOURCE)
                yield file.relative_to(jobs_folder.import_root).as_posix(), content
                yield file.relative_to(jobs_folder.path).as_posix(), content
        for module in sys.modules.copy().values():
            if self._is_project_module(module):
                file = Path(str(module.__file__))
                yield file.relative_to(self.root).as_posix(), read_bytes(file, MAX_SOURCE)

    def _send_zip(self, session: SparkSession, entries: dict[str, bytes]) -> None:
        digest = hashlib.sha256(repr(sorted(entries.items())).encode()).hexdigest()[:16]
        name = f"sparkops-jobs-{digest}.zip"
        if not entries or (id(session), digest) in self._sent or _has_file(session, name):
            return
        # Executors fetch the file from here as long as the session lives.
        folder = tempfile.mkdtemp(prefix="sparkops-jobs-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        path = Path(folder) / name
        _write_zip(path, entries)
        _add_python_file(session, path)
        self._sent.add((id(session), digest))


def _write_zip(path: Path, entries: Mapping[str, bytes]) -> None:
    # A package without `__init__.py` is found in a zip file only if its folder has an entry.
    folders = {f"{parent}/" for name in entries for parent in PurePosixPath(name).parents[:-1]}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in sorted(folders):
            archive.writestr(folder, b"")
        for name, content in sorted(entries.items()):
            archive.writestr(name, content)


def _is_local(session: Any) -> bool:
    """Return whether the workers of a session share this process's path: masters `local` and `local[...]`."""
    context = getattr(session, "sparkContext", None)
    return context is not None and (context.master == "local" or context.master.startswith("local["))


def _has_file(session: Any, name: str) -> bool:
    """Return whether another session of the same context, or another engine of this process, has sent the file."""
    context = getattr(session, "sparkContext", None)
    return context is not None and any(uri.endswith(f"/{name}") for uri in context.listFiles)


def _add_python_file(session: Any, path: Path) -> None:
    """Send a zip file to all workers, present and future."""
    context = getattr(session, "sparkContext", None)
    if context is None:
        session.addArtifacts(str(path), pyfile=True)
        return
    before = list(sys.path)
    context.addPyFile(str(path))
    # This process imports the files themselves.
    sys.path[:] = [entry for entry in sys.path if entry in before]
