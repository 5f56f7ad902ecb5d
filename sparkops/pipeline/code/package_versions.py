"""Versions of the installed packages that code imports."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Final

# Modules of distributions with other names. They are looked up first, because listing the files of all distributions
# takes long.
_DISTRIBUTIONS: Final[Mapping[str, str]] = {
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "delta": "delta-spark",
    "great_expectations": "great-expectations",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}
# The engine: a new version of it is no reason to compute everything again.
_ENGINE: Final = "sparkops"


@dataclass(frozen=True, slots=True)
class PackageVersions:
    """Versions of installed packages; each is looked up once."""

    _versions: dict[str, str | None] = field(default_factory=dict)

    def find(self, module: str) -> str | None:
        """Return the version of the distribution of a top-level module; None for the standard library and sparkops."""
        if module not in self._versions:
            self._versions[module] = _find(module)
        return self._versions[module]


def _find(module: str) -> str | None:
    if module in sys.stdlib_module_names or module == _ENGINE:
        return None
    try:
        return metadata.version(_DISTRIBUTIONS.get(module, module))
    except metadata.PackageNotFoundError:
        names = metadata.packages_distributions().get(module, ())
        return ", ".join(sorted({f"{name} {metadata.version(name)}" for name in names})) or None
