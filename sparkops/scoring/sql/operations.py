"""Every operation of an expression by its name."""

from __future__ import annotations

from collections.abc import Mapping

from .arithmetic import CALCULATIONS
from .conditional import CHOICES
from .comparison import COMPARISONS
from .functions import FUNCTIONS
from .operation import Operation

OPERATIONS: Mapping[str, Operation] = {**CALCULATIONS, **COMPARISONS, **CHOICES, **FUNCTIONS}
