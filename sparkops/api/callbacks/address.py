"""The address of a callback, and whether the settings permit it.

An address is read by one grammar, which has no user, no fragment and no character that another reader could understand
otherwise: what is compared with the settings is what is connected to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from sparkops.config.api_settings import CallbackSettings
from sparkops.errors import InputError

_MAX_LENGTH: Final = 2000
_MAX_PORT: Final = 65_535
# The target is of printable ASCII characters without `#` and the backslash.
_ADDRESS: Final = re.compile(
    r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*)(?::([0-9]{1,5}))?((?:[/?][!-\"$-\[\]-~]*)?)",
    re.IGNORECASE,
)
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAddress:
    """Where a callback is posted.

    Args:
        scheme: `http` or `https`.
        host: Name or IP address in lower case.
        port: Port.
        target: Path and query.
    """

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, url: str) -> CallbackAddress:
        """Return the address of a URL.

        Raises:
            InputError: It is none that a service calls.
        """
        match = _ADDRESS.fullmatch(url) if len(url) <= _MAX_LENGTH else None
        port = int(match[3] or _PORTS[match[1].lower()]) if match is not None else 0
        if match is None or not 0 < port <= _MAX_PORT:
            raise InputError(
                "`callback` is no address that can be called: send https://HOST/PATH, without user and fragment, of at "
                f"most {_MAX_LENGTH} printable ASCII characters."
            )
        target = match[4] if match[4].startswith("/") else f"/{match[4]}"
        return cls(scheme=match[1].lower(), host=match[2].lower().strip("[]"), port=port, target=target)

    @property
    def authority(self) -> str:
        """Return host and port, as in a URL and in the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def matches(self, pattern: str) -> bool:
        """Return whether an entry of `api.callbacks.hosts` permits this address."""
        allows_http = pattern.startswith("http://")
        if self.scheme == "http" and not (allows_http or _is_loopback(self.host)):
            return False
        name, _, port = pattern.removeprefix("http://").partition("]" if "[" in pattern else ":")
        port = port.lstrip(":")
        if self.port != (int(port) if port else _PORTS[self.scheme]):
            return False
        return self.host.endswith(name[1:]) if name.startswith("*.") else self.host == name.lstrip("[")


def require_permitted(url: str, settings: CallbackSettings) -> CallbackAddress:
    """Return the address of a URL, if the settings permit to call it.

    Raises:
        InputError: They do not; the setting is named.
    """
    if not settings.hosts:
        raise InputError("Callbacks are not accepted: no host is listed in `api.callbacks.hosts`.")
    if not settings.secret:
        raise InputError("Callbacks are not accepted: `api.callbacks.secret`, which signs them, is not set.")
    address = CallbackAddress.parse(url)
    if not any(map(address.matches, settings.hosts)):
        hint = " Plain http is for hosts that are listed with `http://`." if address.scheme == "http" else ""
        raise InputError(
            f"Callbacks to {address.scheme}://{address.authority} are not permitted: `api.callbacks.hosts` lists which "
            f"are.{hint}"
        )
    return address


def hide_query(url: str) -> str:
    """Return a URL as it is shown: what follows the `?` may be a secret."""
    path, mark, _ = url.partition("?")
    return f"{path}?***" if mark else path


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
