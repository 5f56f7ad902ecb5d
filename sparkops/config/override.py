"""Parse `--set a.b=c`."""

from __future__ import annotations

from typing import Any, Final

import yaml

from sparkops.config.core_schema import load_yaml
from sparkops.config.yaml_tree import KeyPath, SettingProblem, YamlTree
from sparkops.core.wording import truncate

# Mappings whose keys may contain dots and whose values are text: in `spark.conf.spark.sql.shuffle.partitions=8`, the
# key is what follows `spark.conf.`. `*` matches any key.
_TEXT_PREFIXES: Final = (("spark", "conf"), ("tables", "*", "options"), ("params", "*"))


def parse_override(text: str) -> YamlTree:
    """Return one `--set` as a tree; errors are in its problems."""
    key, equals, value = text.partition("=")
    path, is_text = _parse_key(key.strip())
    if not equals or not all(path):
        return _report_problem(
            f"--set {truncate(text, 80)}: write --set a.b=value, as in --set spark.mode=local"
        )
    try:
        parsed = value if is_text else load_yaml(value)
    except (yaml.YAMLError, ValueError) as error:
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        return _report_problem(f"--set {truncate(text, 80)}: this is not valid YAML: {reason}")
    origin = f"--set {truncate(key.strip(), 200)}"
    return YamlTree(values=_nest(path, parsed), places={path[: n + 1]: origin for n in range(len(path))})


def _report_problem(message: str) -> YamlTree:
    return YamlTree(problems=[SettingProblem((), message)])


def _parse_key(key: str) -> tuple[KeyPath, bool]:
    parts = key.split(".")
    for pattern in _TEXT_PREFIXES:
        size = len(pattern)
        if len(parts) > size and all(
            expected in ("*", part) for expected, part in zip(pattern, parts, strict=False)
        ):
            return (*parts[:size], ".".join(parts[size:])), True
    return tuple(parts), False


def _nest(path: KeyPath, value: Any) -> dict[str, Any]:
    inner = value if len(path) == 1 else _nest(path[1:], value)
    return {path[0]: inner}
