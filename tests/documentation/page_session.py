"""Runs the blocks of one page as its reader would: files are written, commands typed, Python executed."""

from __future__ import annotations

import contextlib
import doctest
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from documentation.blocks import ROOT, Block, Page
from fakes.real_processes import serving

from sparkops.cli.main import main

COLUMNS = "100"
_PAGE_PORT = "5001"  # the port that a page names, unless it is another one by `port=`
_SHELL_WORDS = re.compile(r"[|<>;&`]|\$\(")
_ERASED = re.compile(r"[^\n]*\x1b\[2K")
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\r")
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# What differs between two runs of the same command.
_UNSTEADY = (
    (re.compile(r"\b\d{8}-\d{6}-[a-z0-9]{10}\b"), "RUN"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d+)?)?Z"), "TIME"),
    (re.compile(r"\b(\d+ h )?(\d+ min )?\d+(\.\d+)? s\b"), "SECONDS"),
    (re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{12,64}\b"), "HASH"),
    (re.compile(r"\b(local|app)-\d+\b"), "APP"),
    (re.compile(r"\b[0-9.]+ us\b"), "MICROSECONDS"),
    (re.compile(r"\b[0-9.]+ ms\b"), "MILLISECONDS"),
    (re.compile(r"(?<=_)[0-9a-f]{12}\b"), "UID"),
    (re.compile(r"[─━]+"), "-"),
    (re.compile(r"\d+\.\d{5,}(e[-+]?\d+)?"), lambda match: f"{float(match[0]):.5g}"),
)


class DocsMismatch(AssertionError):
    """A command's output differs from what its page shows."""


class Terminal(io.StringIO):
    """Takes what a command prints to a terminal."""

    def isatty(self) -> bool:
        """Say that a person is looking."""
        return True

    def read_text(self) -> str:
        """Return the final text of the terminal, without erased lines and colours."""
        shown = _ANSI.sub("", _ERASED.sub("", self.getvalue()))
        return "\n".join(line.rstrip() for line in shown.splitlines())


@dataclass(slots=True, kw_only=True)
class PageSession:
    """One page's project folder and Python names.

    Args:
        page: The page.
        folder: Where its files are written and its commands run.
        port: Free port that replaces the one in the page.
        update: Whether outputs that differ are written into the page.
    """

    page: Page
    folder: Path
    port: int
    update: bool = False
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "docs_page"})
    environ: dict[str, str] = field(default_factory=dict)
    printed: str = ""
    servers: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    changes: dict[int, str] = field(default_factory=dict)

    @property
    def _page_port(self) -> str:
        return self.page.options.get("port", _PAGE_PORT)

    def run(self) -> int:
        """Run every block in order, stop the page's servers at the end; return the number of blocks."""
        blocks = [block for block in self.page.blocks if "not run" not in block.directives]
        with self.servers:
            for block in blocks:
                self._run(block)
        if self.update and self.changes:
            self._rewrite()
        return len(blocks)

    def _run(self, block: Block) -> None:
        if block.title is not None:
            file = self.folder / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")
        elif "output" in block.directives:
            self._compare(block, block.text, self.printed)
        elif block.language in ("console", "bash"):
            self._console(block)
        elif block.language == "python":
            self._python(block)
        elif block.language == "yaml":
            yaml.safe_load(block.text)
        elif block.language == "json":
            json.loads(block.text)

    def _console(self, block: Block) -> None:
        commands = list(_commands(block))
        code = int(block.directives.get("exit", "0"))
        shown = []
        for number, (command, expected) in enumerate(commands):
            is_last = number == len(commands) - 1
            if is_last and "background" in block.directives:
                self._serve(command)
                continue
            exit_code, output = self._type(command)
            assert exit_code == (code if is_last else 0), self._where(
                block, f"$ {command}\nexit {exit_code}\n{output}"
            )
            if expected.strip():
                self._compare(block, expected, output)
            shown.append((command, expected, output))
        if block.line in self.changes:
            self.changes[block.line] = "".join(
                f"$ {command}\n" + (self._readable(output) if expected.strip() else "")
                for command, expected, output in shown
            )

    def _type(self, command: str) -> tuple[int, str]:
        """Run one command line; return its exit code and what it printed."""
        command = command.replace(f":{self._page_port}", f":{self.port}").replace(" \\\n", " ")
        if command.startswith("cd "):
            self.folder = (self.folder / command[3:].strip()).resolve()
            return 0, ""
        if match := re.fullmatch(r"export (\w+)=(.*)", command):
            self.environ[match[1]] = "".join(shlex.split(match[2]))
            return 0, ""
        words = command if _SHELL_WORDS.search(re.sub(r"'[^']*'", "", command)) else shlex.split(command)
        if isinstance(words, list) and words[0] == "sparkops":
            return self._sparkops(words[1:])
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command], cwd=self.folder, env=self._environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=240,
        )  # fmt: skip
        return done.returncode, done.stdout.decode()

    def _sparkops(self, words: list[str]) -> tuple[int, str]:
        """Run a command of sparkops in this process, so that all pages share one Spark."""
        terminal = Terminal()
        with self._inside(terminal):
            code = run_sparkops(words)
        return code, terminal.read_text()

    def _python(self, block: Block) -> None:
        output = Terminal()
        # As many lines as stand above the block, so that a traceback names the page's own line.
        source = "\n" * block.line + block.text.replace(f":{self._page_port}", f":{self.port}")
        with self._inside(output):
            exec(compile(source, self.page.name, "exec"), self.names)
        self.printed = output.read_text()

    @contextlib.contextmanager
    def _inside(self, terminal: Terminal) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(terminal):
            patch.chdir(self.folder)
            patch.setattr(sys, "stderr", terminal)
            patch.setattr(sys, "__stderr__", terminal)
            patch.syspath_prepend(str(self.folder))
            for name, value in {"COLUMNS": COLUMNS, **self.environ}.items():
                patch.setenv(name, value)
            yield

    def _environment(self) -> Mapping[str, str]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**os.environ, **self.environ, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": COLUMNS}

    def _serve(self, command: str) -> None:
        words = [*shlex.split(command.removesuffix("&")), "--port", str(self.port)]
        url = f"http://127.0.0.1:{self.port}/health/ready"
        env = dict(self._environment())
        self.servers.enter_context(serving(words, url, cwd=self.folder, env=env))

    def _compare(self, block: Block, expected: str, output: str) -> None:
        want, got = steady(expected), steady(self._readable(output))
        if doctest.OutputChecker().check_output(want, got, _FLAGS):
            return
        if self.update and "..." not in expected:
            self.changes[block.line] = self._readable(output)
            return
        raise DocsMismatch(self._where(block, f"the page shows\n{want}\nthe command printed\n{got}"))

    def _readable(self, output: str) -> str:
        text = output.replace(str(self.folder.resolve()), f"~/{self.folder.name}").replace(
            str(Path.home()), "~"
        )
        text = text.replace(f":{self.port}", f":{self._page_port}").strip("\n")
        return text + "\n" if text else ""

    def _where(self, block: Block, text: str) -> str:
        return f"{self.page.name}:{block.line}: {text}"

    def _rewrite(self) -> None:
        lines = self.page.path.read_text("utf-8").splitlines()
        for block in reversed(self.page.blocks):
            if block.line in self.changes:
                size = block.text.count("\n")
                lines[block.line : block.line + size] = self.changes[block.line].rstrip("\n").split("\n")
        self.page.path.write_text("\n".join(lines) + "\n", "utf-8")


def run_sparkops(words: list[str]) -> int:
    """Run one command line in this process and return its exit code."""
    try:
        main(words)
    except SystemExit as left:
        return int(left.code or 0)
    raise AssertionError(f"`sparkops {shlex.join(words)}` did not exit")


def steady(text: str) -> str:
    """Return a text without what differs between two runs of the same command."""
    for pattern, word in _UNSTEADY:
        text = pattern.sub(word, text)
    return text.strip() + "\n"


def _commands(block: Block) -> Iterator[tuple[str, str]]:
    """Yield each command of a block with the output that the page shows."""
    if block.language == "bash":
        yield block.text.strip(), ""
        return
    command, output, lines = "", "", iter(block.text.splitlines())
    for line in lines:
        if not line.startswith("$ "):
            output += line + "\n"
            continue
        if command:
            yield command, output
        command, output = line[2:], ""
        while command.endswith("\\") or command.count("'") % 2:
            command += "\n" + next(lines)
    if command:
        yield command, output
