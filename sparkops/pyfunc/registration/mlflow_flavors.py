"""Detect the MLflow flavor of a fitted model, and save the model in that flavor."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

from sparkops.artifact.mlmodel import read_mlmodel
from sparkops.core.bounded_file import MAX_FACTS, read_text
from sparkops.errors import DamagedModel, ModelError, explain_damage
from sparkops.pyfunc.worker.flavor_names import format_flavor

# By the package of the nearest base class outside the author's own code: no library is imported to find the flavor.
_FLAVOR_OF_PACKAGE = {
    "sklearn": "sklearn", "keras": "keras", "tensorflow": "tensorflow", "torch": "pytorch", "onnx": "onnx",
    "mlflow": "python_function",
}  # fmt: skip
# Packages whose classes contain only numbers, so that skops may load them.
_TRUSTED_PACKAGES = ("sklearn", "numpy", "scipy", "builtins", "collections")
_FORMATS = {"onnx": "onnx", "python_function": "cloudpickle", "pytorch": "pt2"}
# Packages that the answers of any model depend on, in addition to the flavor's own package.
_NUMERIC_PACKAGES = ("numpy", "pandas", "scipy")
_log = logging.getLogger("sparkops.registry")


@dataclass(frozen=True, slots=True)
class SavedFormat:
    """How a model was saved: its flavor, and the serialization format if sparkops chose it."""

    flavor: str
    format: str = ""


def detect_flavor(fitted: Any) -> str | None:
    """Return MLflow's name of a model's flavor; "folder" for a path, None for a Spark model or any other object."""
    if isinstance(fitted, Path):
        return "folder"
    packages = (base.__module__.partition(".")[0] for base in type(fitted).__mro__)
    return next((_FLAVOR_OF_PACKAGE[package] for package in packages if package in _FLAVOR_OF_PACKAGE), None)


def save_model(fitted: Any, folder: Path, columns: int = 0) -> SavedFormat:
    """Save a model with MLflow's own flavor, or copy a folder that MLflow saved.

    Args:
        fitted: The fitted model, or the path of a folder that MLflow saved.
        folder: A new folder.
        columns: Number of input columns; a PyTorch module is traced on two rows of that length.

    Raises:
        ModelError: MLflow can't save it.
    """
    flavor = detect_flavor(fitted)
    if flavor == "folder":
        return _copy_folder(fitted, folder)
    from mlflow.exceptions import MlflowException

    try:
        if flavor == "sklearn":
            return SavedFormat(flavor, _save_sklearn(fitted, folder))
        if flavor == "python_function":
            import mlflow.pyfunc

            mlflow.pyfunc.save_model(str(folder), python_model=fitted)
        else:
            module = import_module(f"mlflow.{flavor}")
            example = {"input_example": _prepare_tracing_rows(fitted, columns)} if flavor == "pytorch" else {}
            module.save_model(
                fitted, str(folder), pip_requirements=_pin_flavor_requirements(module), **example
            )
    except (MlflowException, ImportError, OSError, TypeError, ValueError) as error:
        message = " ".join(str(error).split())[:500]
        raise ModelError(
            f"MLflow can't save this model of {format_flavor(str(flavor))}: {message}"
        ) from error
    return SavedFormat(str(flavor), _FORMATS.get(str(flavor), ""))


def read_flavors(folder: Path) -> dict[str, Any]:
    """Return the flavors in a folder's `MLmodel`, with their entries.

    Raises:
        ModelError: MLflow did not save the folder, or `mlflow.pyfunc` cannot load it.
    """
    flavors = dict(read_mlmodel(folder)["flavors"])
    if "python_function" not in flavors:
        raise ModelError(f"The model in {folder} has no python_function flavor, so nothing can score it.")
    return flavors


def read_requirements(folder: Path) -> tuple[str, ...]:
    """Return the packages in a saved model's `requirements.txt`."""
    file = folder / "requirements.txt"
    try:
        lines = read_text(file, MAX_FACTS).splitlines() if file.is_file() else []
    except (OSError, ValueError) as error:
        raise DamagedModel(
            f"{file} cannot be read ({explain_damage(error)}). Save the model again."
        ) from error
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _copy_folder(source: Path, folder: Path) -> SavedFormat:
    flavors = read_flavors(source)
    if "spark" in flavors:
        raise ModelError(
            f"{source} holds a Spark model: give the fitted model itself, so that it is compiled."
        )
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "registered_model_meta"))
    native = next((name for name in flavors if name != "python_function"), "python_function")
    return SavedFormat(native, str(flavors.get("sklearn", {}).get("serialization_format", "")))


def _save_sklearn(fitted: Any, folder: Path) -> str:
    """Save without pickle if every class in the model is trusted, else with cloudpickle; return the format."""
    import mlflow.sklearn

    trusted = _find_trusted_types(fitted)
    if trusted is None:
        _log.warning(
            "the model contains classes that only cloudpickle can save: loading it runs the code that it contains"
        )
        mlflow.sklearn.save_model(fitted, str(folder), serialization_format="cloudpickle")
        return "cloudpickle"
    requirements = mlflow.sklearn.get_default_pip_requirements(include_skops=True)
    pinned = {_parse_package_name(requirement) for requirement in requirements}
    numeric = [name for name in _NUMERIC_PACKAGES if name not in pinned]
    mlflow.sklearn.save_model(
        fitted,
        str(folder),
        serialization_format="skops",
        skops_trusted_types=trusted,
        pip_requirements=[*requirements, *_pin_versions(numeric)],
    )
    return "skops"


def _find_trusted_types(fitted: Any) -> list[str] | None:
    """Return the types in a model that skops would ask about; None if one of them is not from a trusted package."""
    try:
        import skops.io as skops
    except ImportError:
        return None
    try:
        types = list(skops.get_untrusted_types(data=skops.dumps(fitted)))
    except Exception as error:  # noqa: BLE001 - what a class of the author's own raises when it is serialized
        _log.info("skops does not save this model: %s", error)
        return None
    return types if all(name.partition(".")[0] in _TRUSTED_PACKAGES for name in types) else None


def _prepare_tracing_rows(module: Any, columns: int) -> Any:
    """Set a PyTorch module to evaluation, and return two rows to trace it on; with one, tracing fixes the row count."""
    import numpy as np

    module.eval()
    return np.zeros((2, columns), dtype="float32")


def _pin_flavor_requirements(flavor: Any) -> list[str]:
    """Return the flavor's own packages and the numeric ones, in the versions that are installed here.

    MLflow would find them by loading the model in a process of its own, which takes seconds and lists whatever that
    process imported.
    """
    names = [_parse_package_name(requirement) for requirement in flavor.get_default_pip_requirements()]
    if flavor.__name__ == "mlflow.keras":
        names.append(str(sys.modules["keras"].backend.backend()))
    return _pin_versions([_find_distribution(name) for name in (*names, *_NUMERIC_PACKAGES)])


def _find_distribution(name: str) -> str:
    """Return the distribution that provides a package: tensorflow-cpu, for example, if it is the TensorFlow here."""
    try:
        version(name)
    except PackageNotFoundError:
        return packages_distributions().get(name, [name])[0]
    return name


def _parse_package_name(requirement: str) -> str:
    return requirement.partition("=")[0].strip()


def _pin_versions(names: Iterable[str]) -> list[str]:
    """Return `name==version` of each package that is installed."""
    pinned = []
    for name in names:
        try:
            pinned.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            continue
    return pinned
