"""Check text files: no white space at line ends, one line feed at the end, valid YAML and TOML.

    .venv/bin/python scripts/check_files.py [--fix] [FILE ...]

Without names, every file that git tracks is checked. With --fix, white space and line ends are corrected; the exit code
is 1 all the same. Models, records and tables of tests are not checked.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

UNCHECKED = ("tests/saved_models/", "tests/golden/")


def main(arguments: list[str]) -> int:
    """Check the named files, print the problems of each, and return the exit code."""
    fix = "--fix" in arguments
    files = [Path(name) for name in arguments if name != "--fix"] or _tracked()
    problems = 0
    for file in files:
        if not file.is_file() or file.as_posix().startswith(UNCHECKED):
            continue
        content = file.read_bytes()
        if b"\0" in content:
            continue
        for problem in _problems(file, content):
            problems += 1
            print(f"{file}: {problem}")
        if fix and (tidy := _tidy(content)) != content:
            file.write_bytes(tidy)
            print(f"{file}: corrected")
    return 1 if problems else 0


def _tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in names.split("\0") if name]


def _problems(file: Path, content: bytes) -> Iterator[str]:
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line != line.rstrip():
            yield f"line {number} ends with white space"
    if content and content != content.rstrip(b"\n") + b"\n":
        yield "it must end with one line feed"
    parse = PARSERS.get(file.suffix)
    if parse is not None:
        try:
            parse(content.decode())
        except (ValueError, yaml.YAMLError) as error:
            yield str(error)


def _tidy(content: bytes) -> bytes:
    lines = b"\n".join(line.rstrip() for line in content.split(b"\n")).rstrip(b"\n")
    return lines + b"\n" if lines else b""


def _parse_yaml(text: str) -> None:
    # Only parse events: a tag such as mkdocs' !!python/name needs no constructor.
    for _ in yaml.parse(text, Loader=yaml.SafeLoader):
        pass


def _parse_toml(text: str) -> None:
    tomllib.loads(text)


PARSERS: dict[str, Callable[[str], None]] = {
    ".yml": _parse_yaml,
    ".yaml": _parse_yaml,
    ".toml": _parse_toml,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
