"""A dictionary-encoded column of text, as Arrow has it: each distinct value once, and an index for each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class DictionaryColumn:
    """A column of few distinct texts.

    Args:
        dictionary: (values,) the distinct texts; None among them where a row is null.
        indices: (rows,) index of each row's value in the dictionary.
    """

    dictionary: np.ndarray[Any, Any]
    indices: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, key: int | slice) -> Any:
        indices = self.indices[key]
        return (
            DictionaryColumn(self.dictionary, indices) if isinstance(key, slice) else self.dictionary[indices]
        )
