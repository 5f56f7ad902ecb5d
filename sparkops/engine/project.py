"""A project in one environment: its configuration, declared jobs, run records and model registry."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.config.load import LoadedSettings, find_root, load
from sparkops.core.masking import mask
from sparkops.errors import ConfigError, ParamErrors

if TYPE_CHECKING:
    from sparkops.config.settings import Settings
    from sparkops.pipeline.discovery.declared_jobs import DeclaredJobs
    from sparkops.pipeline.discovery.jobs_folder import Stamp
    from sparkops.pipeline.job import Job
    from sparkops.pipeline.parameters.bind import BoundParameters, ParameterSource
    from sparkops.registry.registry import Registry
    from sparkops.runs.records.store import RunStore

# Problems that stop no command are logged here, each once; the command line prints them.
_log = logging.getLogger("sparkops.project")


class LoadedProject:
    """A project in one environment. Nothing here starts Spark or imports MLflow.

    What only some commands need is imported when it is first used: the list of runs needs no jobs.

    Args:
        root: A folder in the project.
        env: Folder of conf/ whose settings override those of conf/base.
        overrides: Settings as `key=value` texts.

    Raises:
        ProjectError: There is no project.
    """

    def __init__(
        self, root: Path | str | None = None, *, env: str | None = None, overrides: Sequence[str] = ()
    ) -> None:
        self.root = find_root(Path(root or "."))
        self._env, self._overrides = env, tuple(overrides)

    @cached_property
    def config(self) -> LoadedSettings:
        """Return the settings, with where each was written. Parts that cannot be used are logged as warnings."""
        config = load(self.root, env=self._env, overrides=self._overrides)
        for text in dict.fromkeys(problem.text for problem in config.problems):
            _log.warning("%s", text)
        return config

    def reload(self) -> LoadedProject:
        """Return the same project as it is on disk now, with its declared jobs read.

        Raises:
            ConfigError: Its configuration cannot be used.
        """
        project = LoadedProject(self.root, env=self._env, overrides=self._overrides)
        _ = project.config.settings
        _ = project.declared
        return project

    def compute_stamp(self) -> Stamp:
        """Return a value that changes when a file of conf/ or of the jobs is added, removed or written."""
        from sparkops.pipeline.discovery.jobs_folder import JobsFolder, stamp_file

        files = sorted(path for path in (self.root / "conf").rglob("*") if path.is_file())
        folder, jobs = JobsFolder.of(Path(self.settings.jobs)).compute_stamp()
        return folder, (*(stamp_file(path, self.root) for path in files), *jobs)

    @property
    def settings(self) -> Settings:
        """Return the resolved settings."""
        return self.config.settings

    @cached_property
    def runs(self) -> RunStore:
        """Return the records of the project's runs."""
        from sparkops.runs.records.store import RunStore

        return RunStore(self.settings.state / "runs")

    @cached_property
    def models(self) -> Registry:
        """Return the model registry, without Spark."""
        from sparkops.registry.registry import Registry

        return Registry(self.settings)

    @cached_property
    def declared(self) -> DeclaredJobs:
        """Return the jobs as declared, without importing Spark: their functions cannot be called.

        Files that cannot be read, and parameters of jobs that do not exist, are logged as warnings.
        """
        from sparkops.pipeline.discovery.peek import peek

        jobs = peek(Path(self.settings.jobs))
        summaries: dict[str, str] = {}
        for broken in jobs.broken:
            summaries.setdefault(broken.message, broken.summary)
        for message, summary in summaries.items():
            _log.warning("%s", summary, extra={"problem": message})
        for _, message in self._find_unknown_jobs(jobs):
            _log.warning("%s", message)
        return jobs

    def find_unknown_job_settings(self) -> list[str]:
        """Return a message for the parameters of each job that does not exist, with file and line."""
        return [message for _, message in self._find_unknown_jobs(self.declared)]

    @cached_property
    def jobs(self) -> DeclaredJobs:
        """Return the jobs, ready to run."""
        from sparkops.pipeline.discovery.discover import discover

        return discover(Path(self.settings.jobs))

    def find_declared(self, name: str) -> Job:
        """Return the job of that name, as declared.

        Raises:
            UnknownName: There is no such job.
            DeclarationError: Its file cannot be read.
            ConfigError: The configuration sets parameters of a job that does not exist, and probably means this one.
        """
        job = self.declared.find(name)
        misspelt = [message for meant, message in self._find_unknown_jobs(self.declared) if meant == name]
        if misspelt:
            raise ConfigError("\n".join(misspelt))
        return job

    def _find_unknown_jobs(self, jobs: DeclaredJobs) -> list[tuple[str, str]]:
        """Return the job that is probably meant, and a message, for each job in conf/ that does not exist.

        See `LoadedSettings.find_unknown_jobs`.
        """
        broken = [name for file in jobs.broken for name in file.jobs]
        return self.config.find_unknown_jobs([*jobs, *broken])

    def load_job(self, declared: Job, bound: BoundParameters) -> tuple[Job, BoundParameters]:
        """Return a declared job as it can be run, with its bound parameters."""
        from sparkops.pipeline.parameters.bind import rebind

        job = self.jobs.find(declared.name)
        return job, rebind(bound, peeked=declared, loaded=job)

    def bind(
        self, job: Job, sources: Sequence[ParameterSource], *, at: Collection[str] = ()
    ) -> BoundParameters:
        """Bind a job's parameters from the configuration and from `sources`, which override it.

        Args:
            job: The job.
            sources: Parameter values, from the lowest to the highest precedence.
            at: Names of the tables and models whose version is chosen.

        Raises:
            ParamErrors: Everything that is wrong with them.
        """
        from sparkops.engine.parameter_sources import read_conf_sources
        from sparkops.pipeline.parameters.bind import bind

        try:
            return bind(job, [*read_conf_sources(self.config, job), *sources], at=at)
        except ParamErrors as error:
            raise error.mask_values(lambda text: mask(text, self.config.secrets)) from None

    @property
    def overrides(self) -> tuple[str, ...]:
        """Return the settings that `--set` overrides, as `key=value` texts, which may have secrets."""
        return self._overrides

    def describe_overrides(self, *, exclude: Collection[str] = ()) -> dict[str, str]:
        """Return the settings that `--set` overrides, as `--set key`, without secrets."""
        pairs = (text.partition("=") for text in self._overrides)
        return {
            f"--set {key}": mask(value, self.config.secrets) for key, _, value in pairs if key not in exclude
        }
