"""The jobs of a folder, and the files of it that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sparkops.core.imported_files import read_source
from sparkops.core.wording import pluralize
from sparkops.errors import DeclarationError, UnknownName
from sparkops.pipeline.graph import describe_dataset
from sparkops.pipeline.job import Job

_DECORATOR: Final = re.compile(r"@(\w+\.)*job\b")
_FUNCTION: Final = re.compile(r"(?:async\s+)?def\s+(\w+)")
_WRITES: Final = re.compile(r"\bwrites\s*=\s*(\[[^\]]*\]|\([^)]*\)|[\"']\w+[\"'])")
_QUOTED: Final = re.compile(r"[\"'](\w+)[\"']")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenFile:
    """A file, or declarations of one, that cannot be used.

    Args:
        file: The file, as messages show it.
        message: What is wrong, with file and line.
        jobs: Names of the jobs that cannot run, as far as the text of the file shows them.
        writes: Tables that these jobs write, as far as the text shows them.
        is_library_independent: Whether the mistake is in the file itself, not in its use of a library: a syntax error,
            a missing module, a name declared twice.
    """

    file: str
    message: str
    jobs: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    is_library_independent: bool = False

    @property
    def summary(self) -> str:
        """Return the message, and which jobs cannot run."""
        names = ", ".join(f"`{name}`" for name in self.jobs)
        return f"{self.message} ({pluralize('job', len(self.jobs))} {names})" if names else self.message


class DeclaredJobs(Mapping[str, Job]):
    """The usable jobs of a folder by name.

    Args:
        jobs: Jobs by name.
        broken: Files and declarations that cannot be used.
    """

    def __init__(self, jobs: Mapping[str, Job], broken: Iterable[BrokenFile] = ()) -> None:
        self._jobs = dict(jobs)
        self.broken = tuple(dict.fromkeys(broken))

    def __getitem__(self, name: str) -> Job:
        """Return a usable job."""
        return self._jobs[name]

    def __iter__(self) -> Iterator[str]:
        """Return the names of the usable jobs."""
        return iter(self._jobs)

    def __len__(self) -> int:
        """Return the number of usable jobs."""
        return len(self._jobs)

    @property
    def messages(self) -> tuple[str, ...]:
        """Return what is wrong with each file, without repetitions."""
        return tuple(dict.fromkeys(broken.message for broken in self.broken))

    def find(self, name: str) -> Job:
        """Return the job of that name.

        Raises:
            DeclarationError: Its file cannot be used; with the file's message.
            UnknownName: There is no such job.
        """
        if name in self._jobs:
            return self._jobs[name]
        messages = [broken.message for broken in self.broken if name in broken.jobs]
        if messages:
            raise DeclarationError("\n".join(dict.fromkeys(messages)))
        advice = f"{describe_dataset(name, self._jobs.values())} `sparkops jobs` lists all jobs.".lstrip()
        if self.broken:
            advice += " These cannot be read:\n" + "\n".join(f"  - {message}" for message in self.messages)
        raise UnknownName("job", name, sorted(self._jobs), advice=advice)

    def require_all(self) -> None:
        """Raise DeclarationError with every message, if a file cannot be used."""
        if self.broken:
            raise DeclarationError("\n".join(self.messages))

    def require_writers(self, tables: Collection[str]) -> None:
        """Raise DeclarationError if one of these tables is written by a job that cannot be used."""
        messages = [broken.message for broken in self.broken if not set(tables).isdisjoint(broken.writes)]
        if messages:
            raise DeclarationError("\n".join(dict.fromkeys(messages)))


def read_broken_file(
    path: Path, shown: str, message: str, *, is_library_independent: bool = False
) -> BrokenFile:
    """Describe a file that cannot be imported, with the jobs that its text declares.

    Args:
        path: The file. Its stem is taken as the only job if the text shows none.
        shown: The file, as messages show it.
        message: What is wrong, with file and line.
        is_library_independent: As in `BrokenFile`.
    """
    declared = list(_find_declarations(read_source(path)))
    jobs = tuple(name for name, _ in declared) or (path.stem,)
    writes = tuple(table for _, tables in declared for table in tables)
    return BrokenFile(
        file=shown,
        message=message,
        jobs=jobs,
        writes=writes,
        is_library_independent=is_library_independent,
    )


def _find_declarations(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the name and the tables of each job of a text that may not be Python."""
    # Lines after the `@job` whose function has not been reached; None outside of a declaration.
    decorator: list[str] | None = None
    for line in text.splitlines():
        if _DECORATOR.match(line):
            decorator = []
        function = _FUNCTION.match(line)
        if decorator is None:
            continue
        if function is None:
            decorator.append(line)
            continue
        writes = _WRITES.search("\n".join(decorator))
        yield function[1], tuple(_QUOTED.findall(writes[1])) if writes else (function[1],)
        decorator = None
