"""Which flavor of MLflow a fitted model is of, told by its class alone, and saving it by that flavor."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

import yaml

from sparkops.errors import ModelError
from sparkops.pyfunc.worker.flavor_names import flavor_label

# By the package of the nearest class above a model's own: nothing is imported to find out.
_PACKAGES = {
    "sklearn": "sklearn", "keras": "keras", "tensorflow": "tensorflow", "torch": "pytorch", "onnx": "onnx",
    "mlflow": "python_function",
}  # fmt: skip
_TRUSTED = ("sklearn", "numpy", "scipy", "builtins", "collections")  # packages whose classes hold numbers
_FORMATS = {"onnx": "onnx", "python_function": "cloudpickle", "pytorch": "pt2"}
# What the numbers of any model depend on, beside the flavor's own package.
_NUMERIC = ("numpy", "pandas", "scipy")
_log = logging.getLogger("sparkops.registry")


@dataclass(frozen=True, slots=True)
class SavedFormat:
    """What was saved: the flavor, and the format of the file where it was chosen here."""

    flavor: str
    format: str = ""


def detect_flavor(fitted: Any) -> str | None:
    """Return MLflow's name of a fitted model's flavor; "folder" of a path; None of a Spark model, or of anything else."""
    if isinstance(fitted, Path):
        return "folder"
    packages = (each.__module__.partition(".")[0] for each in type(fitted).__mro__)
    return next((_PACKAGES[package] for package in packages if package in _PACKAGES), None)


def save_model(fitted: Any, folder: Path, columns: int = 0) -> SavedFormat:
    """Save a model by MLflow's own flavor, or copy the folder that one wrote.

    Args:
        fitted: The fitted model, or the path of a folder of MLflow's.
        folder: A new folder.
        columns: How many columns a row has: a module of PyTorch is traced on two such rows.

    Raises:
        ModelError: MLflow can't save it.
    """
    flavor = detect_flavor(fitted)
    if flavor == "folder":
        return _copied(fitted, folder)
    from mlflow.exceptions import MlflowException

    try:
        if flavor == "sklearn":
            return SavedFormat(flavor, _save_sklearn(fitted, folder))
        if flavor == "python_function":
            import mlflow.pyfunc

            mlflow.pyfunc.save_model(str(folder), python_model=fitted)
        else:
            module = import_module(f"mlflow.{flavor}")
            traced = {"input_example": _zeros(fitted, columns)} if flavor == "pytorch" else {}
            module.save_model(fitted, str(folder), pip_requirements=_packages(module), **traced)
    except (MlflowException, ImportError, OSError, TypeError, ValueError) as error:
        raise ModelError(
            f"MLflow can't save this model of {flavor_label(str(flavor))}: {_first(error)}"
        ) from error
    return SavedFormat(str(flavor), _FORMATS.get(str(flavor), ""))


def read_flavors(folder: Path) -> dict[str, Any]:
    """Return the flavors that a folder's `MLmodel` names, with their entries.

    Raises:
        ModelError: It is no folder of MLflow's, or one that `mlflow.pyfunc` does not load.
    """
    file = folder / "MLmodel"
    try:
        found = yaml.safe_load(file.read_text("utf-8"))["flavors"]
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise ModelError(
            f"{folder} holds no model of MLflow's ({error!r}). Give the folder that save_model wrote."
        ) from error
    if "python_function" not in found:
        raise ModelError(f"The model in {folder} has no python_function flavor, so nothing can score it.")
    return dict(found)


def read_requirements(folder: Path) -> tuple[str, ...]:
    """Return the packages that MLflow wrote down for a saved model."""
    file = folder / "requirements.txt"
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _copied(source: Path, folder: Path) -> SavedFormat:
    found = read_flavors(source)
    if "spark" in found:
        raise ModelError(
            f"{source} holds a Spark model: give the fitted model itself, so that it is compiled."
        )
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "registered_model_meta"))
    own = [name for name in found if name != "python_function"]
    return SavedFormat(
        own[0] if own else "python_function", str(found.get("sklearn", {}).get("serialization_format", ""))
    )


def _save_sklearn(fitted: Any, folder: Path) -> str:
    """Save without pickle where every class in it holds numbers; else by cloudpickle, which takes any."""
    import mlflow.sklearn

    trusted = _trusted(fitted)
    if trusted is None:
        _log.warning(
            "the model holds classes that only cloudpickle saves: whoever loads it runs what it holds"
        )
        mlflow.sklearn.save_model(fitted, str(folder), serialization_format="cloudpickle")
        return "cloudpickle"
    needs = mlflow.sklearn.get_default_pip_requirements(include_skops=True)
    mlflow.sklearn.save_model(
        fitted,
        str(folder),
        serialization_format="skops",
        skops_trusted_types=trusted,
        pip_requirements=[*needs, *_pinned(_NUMERIC, needs)],
    )
    return "skops"


def _trusted(fitted: Any) -> list[str] | None:
    """Return the classes in a model that skops asks about, all of packages that are known; None where one is not."""
    try:
        import skops.io as skops
    except ImportError:
        return None
    try:
        found = list(skops.get_untrusted_types(data=skops.dumps(fitted)))
    except Exception as error:  # noqa: BLE001 - what a class of the author's own raises when it is asked for its state
        _log.info("skops does not save this model: %s", error)
        return None
    return found if all(name.partition(".")[0] in _TRUSTED for name in found) else None


def _zeros(module: Any, columns: int) -> Any:
    """Return two rows of a module that is set to predict: of one alone PyTorch would keep the number of rows."""
    import numpy as np

    module.eval()
    return np.zeros((2, columns), dtype="float32")


def _packages(flavor: Any) -> list[str]:
    """Return a flavor's own packages and those that numbers depend on, as they are installed here.

    MLflow's way of finding them loads the model in a process of its own for seconds, and lists what that process
    happened to import.
    """
    named = [each.partition("=")[0].strip() for each in flavor.get_default_pip_requirements()]
    if flavor.__name__ == "mlflow.keras":
        named.append(str(sys.modules["keras"].backend.backend()))
    return _pinned([_distribution(name) for name in (*named, *_NUMERIC)], ())


def _distribution(name: str) -> str:
    """Return the package that is installed under a name: tensorflow-cpu, where that is the tensorflow here."""
    try:
        version(name)
    except PackageNotFoundError:
        return packages_distributions().get(name, [name])[0]
    return name


def _pinned(names: Sequence[str], beside: Sequence[str]) -> list[str]:
    known = {each.partition("=")[0].strip() for each in beside}
    found = []
    for name in names:
        try:
            found += [] if name in known else [f"{name}=={version(name)}"]
        except PackageNotFoundError:
            continue
    return found


def _first(error: BaseException) -> str:
    return " ".join(str(error).split())[:500]
