"""Decide whether the code in a model's folder may run: a registry or the user must vouch for it."""

from __future__ import annotations

from sparkops.core.wording import format_count, truncate
from sparkops.errors import UntrustedModel
from sparkops.pyfunc.worker.flavor_names import SPARK, format_flavor
from sparkops.pyfunc.worker.manifest import Manifest
from sparkops.scoring.locate.model_uri import LocatedModel

# Files of MLflow and of sparkops that contain no code.
_DESCRIPTIONS = {
    "MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt", "certificate.jsonl", "sparkops.json",
    "input_example.json", "serving_input_example.json", "registered_model_meta",
}  # fmt: skip
_MAX_NAMES, _MAX_LENGTH = 5, 60


def require_trust(located: LocatedModel, manifest: Manifest) -> None:
    """Raise `UntrustedModel` unless the registry holds the manifest's hash or the user trusts the folder."""
    if located.manifest_hash or located.is_trusted:
        return
    kind = (
        "a Spark model with stages"
        if manifest.flavor == SPARK
        else f"a model of {format_flavor(manifest.flavor)}"
    )
    raise UntrustedModel(
        f"The model in {located.folder} is not loaded, because that runs code which no registry vouches for: {kind}, "
        f"from {_list_code(manifest)}; {_list_packages(manifest)}. It would run with your rights, in a separate "
        "process, not a sandbox. If you trust its author, pass --trust (in Python: trust=True)."
    )


def _list_code(manifest: Manifest) -> str:
    names = sorted(name for name in manifest.files if name not in _DESCRIPTIONS)
    # Modules first: they are what a reader looks into.
    names.sort(key=lambda name: not name.endswith(".py"))
    return _list(names, "file") if names else "no file that it lists"


def _list_packages(manifest: Manifest) -> str:
    if not manifest.requirements:
        return "it names no packages"
    return f"it needs the packages {_list(manifest.requirements, 'package')}, which are installed if they are missing"


def _list(names: list[str] | tuple[str, ...], noun: str) -> str:
    shown = ", ".join(truncate(name, _MAX_LENGTH) for name in names[:_MAX_NAMES])
    rest = len(names) - _MAX_NAMES
    return f"{shown} and {format_count(rest, f'other {noun}')}" if rest > 0 else shown
