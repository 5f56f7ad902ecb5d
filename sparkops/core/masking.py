"""Replace secrets in text that is printed or stored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# What is shown in place of a secret.
HIDDEN: Final = "***"
MIN_SECRET_LENGTH: Final = 4
_URL_PASSWORD: Final = re.compile(r"(://[^/\s:@]*):[^/\s@]+@")


def mask(text: str, secrets: Iterable[str]) -> str:
    """Replace every secret and every password of a URL by `***`.

    Secrets shorter than `MIN_SECRET_LENGTH` are not replaced, because they would match ordinary words.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= MIN_SECRET_LENGTH:
            text = text.replace(secret, HIDDEN)
    return _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text)
