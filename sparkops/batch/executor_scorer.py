"""The function that scores Arrow batches in executors. They need only NumPy and pyarrow: the code is sent along."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact.code_bundle import ARROW_SCORER, READ_DESCRIPTION, ROW_ERROR, read_scoring_package
from sparkops.batch.rule_counts import ReportCounts
from sparkops.config.settings import Settings
from sparkops.core.bounded_file import MAX_ARRAYS, read_bytes
from sparkops.scoring.artifact.file_names import ARRAYS, DESCRIPTION

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from sparkops.scoring.rules.rule_monitor import RuleMode
    from sparkops.scoring.scorer import Scorer

ScoreBatches = Callable[[Iterable[Any]], Iterator[Any]]
"""A function of Arrow batches that Spark's `mapInArrow` takes."""

# Rows of the job that probes executors: several for each core.
_PROBE_ROWS = 64
_ERROR_LINE = re.compile(r"\b\w*(?:Error|Exception)\b: .+|\[PYTHON_VERSION_MISMATCH\].+")


@dataclass(frozen=True, slots=True)
class ScorerOptions:
    """Options of scoring in executors.

    Args:
        version: Name and value of the last column.
        rules: What happens to rows that violate one of the model's row rules.
        report: Called by workers with the violations of each batch.
        code: Folder of the code of the model's row functions, for executors of this machine.
    """

    version: tuple[str, int]
    rules: RuleMode = "off"
    report: ReportCounts | None = None
    code: Path | None = None


def has_remote_executors(spark: SparkSession, settings: Settings) -> bool:
    """Return whether executors run outside this machine's one JVM, where sparkops may not be installed."""
    if settings.spark.mode != "local" or not hasattr(spark, "_jsparkSession"):
        return True
    return not str(spark.sparkContext.master).startswith("local")


def build_arrow_scorer(
    spark: SparkSession, scorer: Scorer, folder: Path, settings: Settings, options: ScorerOptions
) -> ScoreBatches:
    """Return the function that scores Arrow batches in executors; remote executors get its code along with it.

    Args:
        spark: The session.
        scorer: The compiled scorer.
        folder: The scorer's folder.
        settings: Where Spark runs.
        options: Version column and row rules.
    """
    arguments = (options.version, options.rules, options.report)
    if not has_remote_executors(spark, settings):
        from sparkops.scoring.arrow_scorer import ArrowScorer
        from sparkops.scoring.row_code import unbind_functions

        return ArrowScorer(unbind_functions(scorer.description), *arguments, options.code)
    files = {name: read_bytes(folder / name, MAX_ARRAYS) for name in (DESCRIPTION, ARRAYS)}
    importer = _make_importer(*read_scoring_package())
    return _make_portable_scorer(importer, files, scorer.description.hash, arguments)


def start_workers(spark: SparkSession, settings: Settings) -> None:
    """Start the Python workers of this machine's executors, and import what scoring needs there.

    Their first batch would wait for that. Nothing is done where executors are remote or `models.batch` is not `auto`;
    an error is left to the first batch.
    """
    if settings.models.batch != "auto" or has_remote_executors(spark, settings):
        return
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    from sparkops.scoring.arrow_scorer import pass_batches

    cores = spark.sparkContext.defaultParallelism
    rows = spark.range(0, cores, 1, cores)
    with contextlib.suppress(PySparkException, Py4JJavaError):
        rows.mapInArrow(pass_batches, rows.schema).write.format("noop").mode("overwrite").save()


def probe_executors(spark: SparkSession, package: str, files: Mapping[str, str]) -> str:
    """Run a small job on every core; return why executors can't import the scorer's code, or an empty string.

    Args:
        spark: The session.
        package: Name of the code, as `read_scoring_package` returns it.
        files: Its files.
    """
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        spark.range(_PROBE_ROWS).mapInArrow(
            _make_import_probe(_make_importer(package, files)), "id long"
        ).collect()
    except (PySparkException, Py4JJavaError) as error:
        lines = _ERROR_LINE.findall(str(error)) or [type(error).__name__]
        return f"executors can't run the scorer: {lines[0][:200].strip()}"
    return ""


# cloudpickle sends a function that is defined inside a function as code, with the values it uses. A function of a
# module is sent by name, and executors without sparkops could not import it. Therefore the inner functions below import
# what they need when they run, and use no name of this module.


def _make_importer(package: str, files: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a function that imports a module of a package that exists only in memory.

    Args:
        package: Name of the package.
        files: Sources of its modules, by path.
    """

    def import_bundled(name: str) -> Any:
        import sys
        from importlib import import_module
        from importlib.abc import Loader, MetaPathFinder
        from importlib.util import spec_from_loader

        paths = {f"{package}/{path}".removesuffix(".py").replace("/", "."): path for path in files}
        paths = {module.removesuffix(".__init__"): path for module, path in paths.items()}

        class BundleFinder(MetaPathFinder, Loader):
            def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002
                is_package = paths.get(name, "").endswith("__init__.py")
                return spec_from_loader(name, self, is_package=is_package) if name in paths else None

            def exec_module(self, module: Any) -> None:
                path = paths[module.__name__]
                exec(compile(files[path], f"{package}/{path}", "exec"), vars(module))  # noqa: S102 - our own code

        if package not in sys.modules:
            sys.meta_path.append(BundleFinder())
        return import_module(f"{package}.{name}")

    return import_bundled


def _make_portable_scorer(
    import_bundled: Callable[[str], Any],
    files: Mapping[str, bytes],
    description_hash: str,
    arguments: tuple[Any, ...],
) -> ScoreBatches:
    """Return a function that scores with bundled code and a description from file contents.

    A Python worker reads the description once. A row error keeps the class name that it has in sparkops.

    Args:
        import_bundled: Imports a module of the bundled code.
        files: The scorer's files.
        description_hash: Hash of the description, by which a worker finds it.
        arguments: Further arguments of `ArrowScorer`: version column, rule mode, callback for violations.
    """
    (arrow_module, arrow_scorer), (folder_module, read_description) = ARROW_SCORER, READ_DESCRIPTION
    errors_module, row_error = ROW_ERROR

    def score(batches: Iterable[Any]) -> Iterator[Any]:
        import tempfile
        from pathlib import Path

        arrow = import_bundled(arrow_module)
        getattr(import_bundled(errors_module), row_error).__module__ = f"sparkops.{errors_module}"
        # The bundled module outlives the task, so it caches descriptions for the worker's next tasks.
        descriptions = vars(arrow).setdefault("_DESCRIPTIONS", {})
        if description_hash not in descriptions:
            with tempfile.TemporaryDirectory() as work:
                for name, content in files.items():
                    (Path(work) / name).write_bytes(content)
                descriptions[description_hash] = getattr(import_bundled(folder_module), read_description)(
                    work
                )
        yield from getattr(arrow, arrow_scorer)(descriptions[description_hash], *arguments)(batches)

    return score


def _make_import_probe(import_bundled: Callable[[str], Any]) -> ScoreBatches:
    arrow_module, _ = ARROW_SCORER

    def pass_through(batches: Iterable[Any]) -> Iterator[Any]:
        import_bundled(arrow_module)
        yield from batches

    return pass_through
