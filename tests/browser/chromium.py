"""Chromium without a window, driven by the DevTools protocol over two pipes: what a page really runs and loads."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-extensions", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip
# Chromium reads commands from descriptor 3 and writes answers to 4; each ends with a zero byte.
_START = 'exec "$@" 3<&"$COMMANDS" 4>&"$ANSWERS"'
_SECONDS = 60.0


def find_program() -> str | None:
    """Return the path of Chromium; None if it is not installed."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@dataclass(slots=True)
class OpenedPage:
    """What happened while a page was open.

    Args:
        requests: URLs that it loaded or tried to load.
        dialogs: Messages of dialogs that its scripts opened.
        exceptions: Errors of its scripts.
        values: Values of the expressions that were evaluated in it.
    """

    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)


class PageLeft(Exception):
    """The page was left while it was asked for something: it may be asked again."""


class Browser:
    """A running Chromium.

    Args:
        commands: Descriptor that it reads commands from.
        answers: Descriptor that it writes to.
    """

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._buffer = b""
        self._number = 0
        self.page = OpenedPage()

    def open(self, path: Path, expressions: list[str], *, wait: float = 0.2) -> OpenedPage:
        """Open a file in a new tab, wait until it is loaded and a little longer, evaluate expressions, and close it."""
        with self.attach() as session:
            self.call("Page.navigate", {"url": path.as_uri()}, session=session)
            self._wait_for("Page.loadEventFired", session)
            self._listen(wait)
            for expression in expressions:
                result = self.call(
                    "Runtime.evaluate", {"expression": expression, "returnByValue": True}, session=session
                )
                assert "exceptionDetails" not in result, result["exceptionDetails"]
                self.page.values.append(result["result"].get("value"))
            self._listen(wait)
        return self.page

    @contextmanager
    def attach(self) -> Iterator[str]:
        """Open an empty tab in the context, and yield its session; `page` has what happens in it."""
        self.page = OpenedPage()
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable", session=session)
        try:
            yield session
        finally:
            self.call("Target.closeTarget", {"targetId": target})

    def call(self, method: str, params: dict[str, Any] | None = None, session: str = "") -> dict[str, Any]:
        """Send a command of the protocol, and return its result."""
        self._number += 1
        number = self._number
        message = {
            "id": number,
            "method": method,
            "params": params or {},
            **({"sessionId": session} if session else {}),
        }
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive(_SECONDS)
            assert answer is not None, f"Chromium does not answer {method}"
            if answer.get("id") == number:
                if "navigated" in str(answer.get("error", "")):
                    raise PageLeft(answer["error"])
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result

    def _wait_for(self, event: str, session: str) -> None:
        while True:
            message = self._receive(_SECONDS)
            assert message is not None, f"no {event}"
            if message.get("method") == event and message.get("sessionId") == session:
                return

    def _listen(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (remaining := end - time.monotonic()) > 0:
            self._receive(remaining)

    def _receive(self, seconds: float) -> dict[str, Any] | None:
        """Return the next message, or None if there is none within some seconds; note what it says about the page."""
        end = time.monotonic() + seconds
        while b"\0" not in self._buffer:
            if not select.select([self._answers], [], [], max(0.0, end - time.monotonic()))[0]:
                return None
            part = os.read(self._answers, 1 << 20)
            assert part, "Chromium has ended"
            self._buffer += part
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.page.requests.append(params["request"]["url"])
            case "Page.javascriptDialogOpening":
                self.page.dialogs.append(params["message"])
                self._number += 1
                answer = {
                    "id": self._number,
                    "method": "Page.handleJavaScriptDialog",
                    "params": {"accept": True},
                    "sessionId": message["sessionId"],
                }
                os.write(self._commands, json.dumps(answer).encode() + b"\0")
            case "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                error = details.get("exception", {})
                self.page.exceptions.append(
                    f"{details['text']} {error.get('description', error.get('value', ''))}".strip()
                )


@contextmanager
def start_browser(profile: Path) -> Iterator[Browser]:
    """Run Chromium in the context, with a profile of its own."""
    program = find_program()
    assert program is not None
    command_end, commands = os.pipe()
    answers, answer_end = os.pipe()
    environment = {**os.environ, "COMMANDS": str(command_end), "ANSWERS": str(answer_end)}
    words = ["bash", "-c", _START, "bash", program, *OPTIONS, f"--user-data-dir={profile}"]
    with subprocess.Popen(
        words, env=environment, pass_fds=(command_end, answer_end), stderr=subprocess.DEVNULL
    ) as process:
        os.close(command_end)
        os.close(answer_end)
        try:
            yield Browser(commands, answers)
        finally:
            # Chromium ends when its pipe is closed.
            os.close(commands)
            process.wait(30)
            os.close(answers)
