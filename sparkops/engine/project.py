"""A project in one environment: its configuration, declared jobs, run records and model registry."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.config.load import LoadedSettings, find_root, load
from sparkops.config.secrets import mask
from sparkops.errors import ParamErrors, UnknownName
from sparkops.pipeline.discovery.discover import discover
from sparkops.pipeline.discovery.peek import peek
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters, ParameterSource, bind, rebind
from sparkops.runs.store import RunStore

if TYPE_CHECKING:
    from sparkops.config.settings import Settings
    from sparkops.registry.registry import Registry


class LoadedProject:
    """A project in one environment. Nothing here starts Spark or imports MLflow.

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
        """Return the settings, with where each was written."""
        return load(self.root, env=self._env, overrides=self._overrides)

    @property
    def settings(self) -> Settings:
        """Return the resolved settings."""
        return self.config.settings

    @cached_property
    def runs(self) -> RunStore:
        """Return the records of the project's runs."""
        return RunStore(self.settings.state / "runs")

    @cached_property
    def models(self) -> Registry:
        """Return the model registry, without Spark."""
        from sparkops.registry.registry import Registry

        return Registry(self.settings)

    @cached_property
    def declared(self) -> Mapping[str, Job]:
        """Return the jobs as declared, without importing Spark: their functions cannot be called."""
        jobs = peek(self.root / "jobs")
        self.config.refuse_unknown_jobs(jobs)
        return jobs

    @cached_property
    def jobs(self) -> Mapping[str, Job]:
        """Return the jobs, ready to run."""
        return discover(self.root / "jobs")

    def find_declared(self, name: str) -> Job:
        """Return the job of that name, as declared.

        Raises:
            UnknownName: There is no such job.
        """
        if name not in self.declared:
            raise UnknownName("job", name, sorted(self.declared), advice="`sparkops jobs` lists them.")
        return self.declared[name]

    def load_job(self, declared: Job, bound: BoundParameters) -> tuple[Job, BoundParameters]:
        """Return a declared job as it can be run, with its bound parameters."""
        job = self.jobs[declared.name]
        return job, rebind(bound, peeked=declared, loaded=job)

    def bind(
        self, job: Job, params: Mapping[str, Any], *, origin: str, at: Collection[str] = ()
    ) -> BoundParameters:
        """Bind a job's parameters from the configuration and from `params`, which override it.

        Args:
            job: The job.
            params: Parameter to value, as text or typed.
            origin: Where `params` come from.
            at: Names of the tables and models whose version is chosen.

        Raises:
            ParamErrors: Everything that is wrong with them.
        """
        values, origins = self.config.params(job.name)
        sources = [
            ParameterSource(values=values, origin="conf", origins=origins),
            ParameterSource(values=params, origin=origin),
        ]
        try:
            return bind(job, sources, at=at)
        except ParamErrors as error:
            raise error.masked(lambda text: mask(text, self.config.secrets)) from None
