"""Define pydantic's classes without its plugins, which it looks for in the metadata of every installed package."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_VARIABLE: Final = "PYDANTIC_DISABLE_PLUGINS"


@contextmanager
def skip_pydantic_plugins() -> Iterator[None]:
    """Let pydantic use no plugins for classes that are defined in the block; saves a tenth of a short command's time.

    For sparkops' own classes only, and before other threads run: it sets a variable of the environment.
    """
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = "__all__"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
