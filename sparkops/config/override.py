"""`--set a.b=c`: one value laid over the files."""

from __future__ import annotations

from typing import Any, Final

import yaml

from sparkops.config.yaml_tree import KeyPath, YamlTree

# After these routes the rest is one key, dots and all; its value is a text. `*` stands for any one key.
_OPEN: Final = (("spark", "conf"), ("tables", "*", "options"), ("params", "*"))


def override(text: str) -> YamlTree:
    """Return the tree that one `--set` stands for; what is wrong stands in its problems."""
    key, equals, value = text.partition("=")
    route, is_text = _route(key.strip())
    if not equals or not all(route):
        return YamlTree(problems=[f"--set {text}: write --set a.b=value, as in --set spark.mode=local"])
    try:
        plain = value if is_text else yaml.safe_load(value)
    except yaml.YAMLError as error:
        return YamlTree(problems=[f"--set {text}: this is not YAML: {getattr(error, 'problem', error)}"])
    shown = f"--set {key.strip()}"
    return YamlTree(values=_nested(route, plain), places={route[: n + 1]: shown for n in range(len(route))})


def _route(key: str) -> tuple[KeyPath, bool]:
    parts = key.split(".")
    for pattern in _OPEN:
        size = len(pattern)
        if len(parts) > size and all(want in ("*", part) for want, part in zip(pattern, parts, strict=False)):
            return (*parts[:size], ".".join(parts[size:])), True
    return tuple(parts), False


def _nested(route: KeyPath, value: Any) -> dict[str, Any]:
    inner = value if len(route) == 1 else _nested(route[1:], value)
    return {route[0]: inner}
