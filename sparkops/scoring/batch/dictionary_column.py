"""A column of text that holds each different word once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of few different texts.

    Args:
        words: Each of them once, and None where some row has none.
        codes: Which of them each row holds.
    """

    words: np.ndarray[Any, Any]
    codes: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, at: int | slice) -> Any:
        codes = self.codes[at]
        return Coded(self.words, codes) if isinstance(at, slice) else self.words[codes]
