"""The signature of a callback: the time and the HMAC-SHA256 of time and body, as Stripe signs its webhooks."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Final

SIGNATURE_HEADER: Final = "Sparkops-Signature"
DELIVERY_HEADER: Final = "Sparkops-Delivery"


def sign(body: bytes, secret: str, seconds: int) -> str:
    """Return the signature of a body at a time, in seconds since 1970: `t=1767225600,v1=5f2b...`."""
    return f"t={seconds},v1={_compute(body, secret, str(seconds))}"


def is_valid_signature(body: bytes, signature: str, secret: str, *, tolerance: float = 300.0) -> bool:
    """Return whether a body was signed with a secret, not long ago.

    Args:
        body: The bytes that were received.
        signature: The header `Sparkops-Signature`.
        secret: The value of `api.callbacks.secret` of the service.
        tolerance: Seconds that the time of the signature may differ from that of this machine.
    """
    fields = [field.partition("=") for field in signature.split(",")]
    seconds = next((value for name, _, value in fields if name == "t"), "")
    if not (seconds.isascii() and seconds.isdecimal()) or abs(time.time() - float(seconds)) > tolerance:
        return False
    expected = _compute(body, secret, seconds).encode()
    return any(hmac.compare_digest(value.encode(), expected) for name, _, value in fields if name == "v1")


def _compute(body: bytes, secret: str, seconds: str) -> str:
    return hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
