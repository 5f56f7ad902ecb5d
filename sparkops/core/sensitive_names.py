"""Names that say that a value is a secret: of settings, options, variables of the environment, parameters of URLs."""

from __future__ import annotations

import re
from typing import Final

# The variable of the environment that gives the secret parameter `token` of every job is SPARKOPS_SECRET_TOKEN.
SECRET_PARAMETER_PREFIX: Final = "SPARKOPS_SECRET_"  # noqa: S105 - the name of a variable

# Ends of names in lower case without separators: `keyPassword`, `db_password` and `dbpassword` are the same name.
_PASSWORDS: Final = (
    "password", "passwd", "passphrase", "pwd", "secret", "credential", "credentials", "apikey", "accountkey",
    "privatekey", "secretkey", "sharedkey", "sharedaccesskey", "signingkey", "encryptionkey", "masterkey",
    "subscriptionkey",
)  # fmt: skip
_TOKENS: Final = ("token", "signature", "accesskey")
# Last words that are a secret by themselves, but not as the end of another word: `compass`, `monkey`.
_WORDS: Final = frozenset({"pw", "pass", "jwt"})
_PARAMETER_WORDS: Final = _WORDS | {"sig", "auth", "code", "key", "otp", "pin"}
_VARIABLE_WORDS: Final = _WORDS | {
    "pwd", "passphrase", "passwd", "password", "pin", "secret", "token", "key", "apikey", "credential", "credentials",
    "auth",
}  # fmt: skip
_WORD: Final = re.compile(r"[A-Z]*[a-z]+|[A-Z]+|\d+")
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
# Names of Azure that end with a container or account.
_NAMED_ACCOUNT: Final = re.compile(r"(?:client\.secret|account\.key|azure\.sas(?!\.token|\.fixed))\.")


def is_password_name(name: str) -> bool:
    """Return whether a name says that its value is a password or key: `dbpassword`, `keyPassword`, `private_key`."""
    return _compact(name).endswith(_PASSWORDS)


def is_secret_name(name: str) -> bool:
    """Return whether the name of a setting or option says that its value is a secret, such as a password or token.

    The name of an access key says that of no secret: S3's access key is like the name of a user.
    """
    compact = _compact(name)
    is_secret = compact.endswith((*_PASSWORDS, "token")) or _get_last_word(name) in _WORDS
    return is_secret or _NAMED_ACCOUNT.search(name) is not None


def is_secret_parameter(name: str) -> bool:
    """Return whether the name of a parameter in a URL says that its value is a secret: also `code`, `key`, `sig`."""
    return _compact(name).endswith((*_PASSWORDS, *_TOKENS)) or _get_last_word(name) in _PARAMETER_WORDS


def is_secret_variable(name: str) -> bool:
    """Return whether the name of a variable of the environment has a word that says that its value is a secret."""
    return is_secret_name(name) or not _VARIABLE_WORDS.isdisjoint(re.split(r"[^a-z]+", name.lower()))


def _compact(name: str) -> str:
    return _SEPARATORS.sub("", name.lower())


def _get_last_word(name: str) -> str:
    words = _WORD.findall(name)
    return words[-1].lower() if words else ""
