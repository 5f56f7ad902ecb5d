r"""Replace the credentials in URLs, connection strings and headers of HTTP.

Every repetition has a limit, so that no text takes long. What is found:

- `scheme://user:PASSWORD@host`, also where slashes are escaped (`:\/\/`) or the URL is percent-encoded; `://TOKEN@host`
- `jdbc:oracle:thin:user/PASSWORD@...`
- `?name=VALUE`, after `?`, `&`, `;` or `#`, of a name that says that it holds a secret (see `is_secret_parameter`)
- `name=VALUE` of a name that says that it holds a password or key (see `is_password_name`)
- the values of headers that authenticate
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

# What is shown in place of a secret.
HIDDEN: Final = "***"
# Storage whose URLs name a container or a user before the @, not a secret.
_USERLESS_SCHEMES: Final = ("abfs", "abfss", "wasb", "wasbs", "ssh", "sftp")
_USERLESS: Final = "".join(rf"(?<!\b{scheme})" for scheme in _USERLESS_SCHEMES)
_SLASHES: Final = r":(?:\\{0,16}/){2}"
# Not the address of a host, as in `http://[::1]:5000`.
_USER: Final = r"(?!\[)[^/\s:@?#\"'<>]{0,256}"
# A port is no password.
_NO_PORT: Final = r"(?!\d{1,5}(?:[/?#\s\"'<>,;)\\]|$))"
# A quote belongs to the password only if a character of a password follows; else it ends the quoted text.
_UNTIL_HOST: Final = r"(?:[^\s@\"'<>]|[\"'<>](?=[\w%!~*$+])){1,256}@(?:[^\s@/?#\"'<>\\]{0,256}@){0,8}"
_URL_PATTERNS: Final = (
    (re.compile(rf"(\bdatabricks(?:\+\w{{1,16}})?{_SLASHES})[^\s@\"'<>]{{1,512}}@"), rf"\1{HIDDEN}@"),
    (re.compile(rf"({_SLASHES})[^/\s:@?#\"'<>]{{1,256}}:(?:x-oauth-basic|x)?@"), rf"\1{HIDDEN}@"),
    (re.compile(rf"({_SLASHES}{_USER}):{_NO_PORT}{_UNTIL_HOST}"), rf"\1:{HIDDEN}@"),
    (re.compile(rf"{_USERLESS}({_SLASHES})(?!\*)[^/\s:@?#\"'<>\\]{{1,512}}@"), rf"\1{HIDDEN}@"),
    (re.compile(r"(\bjdbc:oracle:\w{1,16}:[^/\s\"'@]{1,128})/[^\s@\"']{1,256}@"), rf"\1/{HIDDEN}@"),
)  # fmt: skip
_END: Final = "(?:3A|40|2F|3F|23)"
_ENCODED_URL: Final = re.compile(
    rf"(?i)(%(?:25){{0,6}}3A(?:%(?:25){{0,6}}2F){{2}}(?:(?!%(?:25){{0,6}}{_END})[^\s\"'<>&@]){{0,128}}%(?:25){{0,6}}3A)"
    r"(?!\d{1,5}%(?:25){0,6}(?:2F|3F|23))(?:(?!%(?:25){0,6}40)[^\s\"'<>&@]){1,256}(%(?:25){0,6}40)"
)
_QUOTED: Final = "|".join(
    rf"\\{{0,16}}{sign}(?!\s)[^{sign}\\\n]{{1,512}}\\{{0,16}}{sign}" for sign in ('"', "'")
)  # fmt: skip
_ASSIGNMENT: Final = re.compile(
    rf"(?:([?&;#])|(?<![\w.$%-]))([A-Za-z_$][\w.$-]{{0,63}})="
    rf"(?!\*\*\*|\.{{3}}(?![^\s`,;)])|\$\{{|(?:None|null|true|false|True|False)\b)"
    rf"(?:\{{[^{{}}\n]{{1,512}}\}}|{_QUOTED}|[^&;\s'\"<>]{{1,4096}})"
)
# Parts of names in `_ASSIGNMENT`, in lower case: a text without any of them needs no search.
_MARKS: Final = (
    "pass", "pw", "secret", "credential", "key=", "token=", "signature=", "sig=", "auth=", "code=", "jwt=", "otp=",
    "pin=",
)  # fmt: skip
_SCHEMES: Final = (
    "basic|bearer|token|digest|negotiate|ntlm|oauth|hmac|apikey|sharedkey(?:lite)?|aws4-hmac-sha256"
    "|scram-sha-\\d+"
)
_HEADERS: Final = (
    "authorization",
    "api-key",
    "auth-token",
    "private-token",
    "vault-token",
    "subscription-key",
)
_HEADER: Final = re.compile(
    rf"((?i:\b(?:[\w-]{{1,32}}-)?(?:{'|'.join(_HEADERS)}))"
    rf"\\{{0,16}}[\"']?[ \t]{{0,8}}[:=][ \t]{{0,8}}(\\{{0,16}}[\"'])?"
    rf"(?:(?i:{_SCHEMES})[ \t]{{1,8}})?+)(?!\*\*\*)"
    r"(?(2)(?:(?!\2)[^\n]){1,4096}|(?:\w{1,32}=[^\n]{1,4096}|(?:[A-Z][\w-]{1,32}[ \t]{1,8})?[^\s'\",]{1,4096}))"
)


def mask_url_credentials(text: str) -> str:
    """Replace by `***` the passwords, tokens and signatures in the URLs, connection strings and headers of a text."""
    if "@" in text:
        for pattern, replacement in _URL_PATTERNS:
            text = pattern.sub(replacement, text)
    if "%" in text and "40" in text:
        text = _ENCODED_URL.sub(rf"\1{HIDDEN}\2", text)
    lowered = text.lower()
    if any(header in lowered for header in _HEADERS):
        text = _HEADER.sub(rf"\1{HIDDEN}", text)
    if "=" in text and any(mark in lowered for mark in _MARKS):
        text = _ASSIGNMENT.sub(_hide_assigned, text)
    return text


def find_url_credentials(url: str) -> Iterator[str]:
    """Yield the passwords and tokens of a text that is one URL, as they are in it and decoded."""
    from sparkops.core.sensitive_names import is_secret_parameter

    scheme, separator, rest = url.partition("://")
    if not separator:
        return
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    credentials = authority.rpartition("@")[0]
    if not credentials and re.match(rf"(?!\[)[^/\s:@?#]{{1,256}}:{_NO_PORT}", rest):
        # The password contains a slash.
        credentials = rest.partition("@")[0] if "@" in rest else ""
    user, colon, password = credentials.partition(":")
    values = [password] if colon else [] if scheme in _USERLESS_SCHEMES else [user]
    for part in re.split(r"[?&;#]", rest)[1:]:
        name, _, value = part.partition("=")
        values += [value] if is_secret_parameter(name) else []
    for value in filter(None, values):
        yield from {value, unquote(value)}


def _hide_assigned(match: re.Match[str]) -> str:
    # Imported here because most texts have no such name.
    from sparkops.core.sensitive_names import is_password_name, is_secret_parameter

    before, name = match[1] or "", match[2]
    is_secret = is_secret_parameter(name) if before else is_password_name(name)
    return f"{before}{name}={HIDDEN}" if is_secret else match[0]
