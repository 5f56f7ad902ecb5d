"""The scorer's code on its way to the executors: it goes with the job's function, and they need only NumPy and pyarrow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact.code_bundle import ARROW_SCORER, READ_DESCRIPTION, ROW_ERROR, scoring_package
from sparkops.batch.rule_counts import ReportCounts
from sparkops.config.settings import Settings
from sparkops.scoring.artifact.file_names import ARRAYS, DESCRIPTION

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from sparkops.scoring.rules.rule_monitor import RuleMode
    from sparkops.scoring.scorer import Scorer

Batches = Callable[[Iterable[Any]], Iterator[Any]]
_PROBED = 64  # rows of the job that asks executors: some for each core
_RAISED = re.compile(r"\b\w*(?:Error|Exception)\b: .+|\[PYTHON_VERSION_MISMATCH\].+")


def has_remote_executors(spark: SparkSession, settings: Settings) -> bool:
    """Tell whether executors run outside this machine's one JVM, where sparkops may not be installed."""
    if settings.spark.mode != "local" or not hasattr(spark, "_jsparkSession"):
        return True
    return not str(spark.sparkContext.master).startswith("local")


def build_arrow_scorer(
    spark: SparkSession,
    scorer: Scorer,
    folder: Path,
    version: tuple[str, int],
    settings: Settings,
    *,
    rules: RuleMode = "off",
    count: ReportCounts | None = None,
) -> Batches:
    """Return what scores Arrow batches in the executors; its code goes along where they are elsewhere.

    Args:
        spark: The session.
        scorer: The compiled scorer.
        folder: The scorer's folder.
        version: Name and value of the last column.
        settings: Where Spark runs.
        rules: What becomes of rows that break a rule which the model carries.
        count: Told by the workers what broke them.
    """
    if not has_remote_executors(spark, settings):
        from sparkops.scoring.arrow_scorer import ArrowScorer

        return ArrowScorer(scorer.description, version, rules, count)
    files = {name: (folder / name).read_bytes() for name in (DESCRIPTION, ARRAYS)}
    return _scoring(_opener(*scoring_package()), files, scorer.description.hash, (version, rules, count))


def probe_executors(spark: SparkSession, package: str, files: Mapping[str, str]) -> str:
    """Return why executors can't run the scorer's code, by a small job on every core; empty where they can.

    Args:
        spark: The session.
        package: Name of the code, as `bundle.code` gives it.
        files: Its files.
    """
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        spark.range(_PROBED).mapInArrow(_asking(_opener(package, files)), "id long").collect()
    except (PySparkException, Py4JJavaError) as error:
        told = _RAISED.findall(str(error))
        return f"executors can't run the scorer: {(told or [type(error).__name__])[0][:200].strip()}"
    return ""


# Functions inside a function are sent as they are, with what they hold; one of a module would be looked for by its name,
# in a sparkops that executors lack. So these import where they run, and use nothing of this file.


def _opener(package: str, files: Mapping[str, str]) -> Callable[[str], Any]:
    """Return what imports a module of a package that is nowhere but in these files: path to source."""

    def opened(name: str) -> Any:
        import sys
        from importlib import import_module
        from importlib.abc import Loader, MetaPathFinder
        from importlib.util import spec_from_loader

        names = {f"{package}/{path}".removesuffix(".py").replace("/", "."): path for path in files}
        names = {each.removesuffix(".__init__"): path for each, path in names.items()}

        class Carried(MetaPathFinder, Loader):
            def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG002
                whole = names.get(name, "").endswith("__init__.py")
                return spec_from_loader(name, self, is_package=whole) if name in names else None

            def exec_module(self, module: Any) -> None:
                path = names[module.__name__]
                exec(compile(files[path], f"{package}/{path}", "exec"), vars(module))  # noqa: S102 - our own code

        if package not in sys.modules:
            sys.meta_path.append(Carried())
        return import_module(f"{package}.{name}")

    return opened


def _scoring(
    opened: Callable[[str], Any], files: Mapping[str, bytes], identity: str, told: tuple[Any, ...]
) -> Batches:
    """Return what scores by a description that stands in files; a worker reads them once.

    A row that cannot be scored is told by the name that its error has here.
    """
    (arrow_module, build_arrow_scorer), (folder_module, describe) = ARROW_SCORER, READ_DESCRIPTION
    errors_module, row_error = ROW_ERROR

    def score(batches: Iterable[Any]) -> Iterator[Any]:
        import tempfile
        from pathlib import Path

        arrow = opened(arrow_module)
        getattr(opened(errors_module), row_error).__module__ = f"sparkops.{errors_module}"
        kept = vars(arrow).setdefault("_CARRIED", {})
        if identity not in kept:
            with tempfile.TemporaryDirectory() as work:
                for name, content in files.items():
                    (Path(work) / name).write_bytes(content)
                kept[identity] = getattr(opened(folder_module), describe)(work)
        yield from getattr(arrow, build_arrow_scorer)(kept[identity], *told)(batches)

    return score


def _asking(opened: Callable[[str], Any]) -> Batches:
    arrow_module, _ = ARROW_SCORER

    def unchanged(batches: Iterable[Any]) -> Iterator[Any]:
        opened(arrow_module)
        yield from batches

    return unchanged
