"""A tab of Chromium on a page with scripts: what a user does in it, and what is then in it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from browser.chromium import Browser, PageLeft

# Keys by name: the code of the key, and the text that it enters.
_KEYS = {
    "Tab": (9, ""),
    "Enter": (13, "\r"),
    " ": (32, " "),
    "Escape": (27, ""),
    "ArrowDown": (40, ""),
    "Home": (36, ""),
}
_SECONDS = 30.0


class Tab:
    """A tab.

    Args:
        browser: The browser.
        session: The session of the protocol.
    """

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.call(method, params, self._session)

    def go(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def until(self, expression: str) -> Any:
        """Return the value of an expression as soon as it is true."""
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            with suppress(PageLeft):
                if value := self.evaluate(expression):
                    return value
            time.sleep(0.05)
        raise AssertionError(f"never true: {expression}\n{self.text}")

    @property
    def text(self) -> str:
        return str(self.evaluate("document.body?.innerText"))

    def until_text(self, text: str) -> None:
        """Wait until a text is shown."""
        self.until(f"document.body?.innerText.includes({json.dumps(text)})")

    def press(self, *keys: str) -> None:
        """Press keys by name, such as `Tab` or `Shift+Tab`."""
        for key in keys:
            name = key.removeprefix("Shift+")
            code, text = _KEYS[name]
            event = {
                "key": name,
                "code": name,
                "windowsVirtualKeyCode": code,
                "modifiers": 8 if key != name else 0,
            }
            self.call("Input.dispatchKeyEvent", type="keyDown", **event, **({"text": text} if text else {}))
            self.call("Input.dispatchKeyEvent", type="keyUp", **event)

    def tab_to(self, selector: str) -> None:
        """Press Tab until an element has the focus."""
        for _ in range(100):
            if self.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not reach {selector}")

    def enter(self, text: str) -> None:
        """Type a text where the focus is."""
        self.call("Input.insertText", text=text)

    def fill(self, selector: str, text: str) -> None:
        """Replace the text of a field."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.enter(text)

    def click(self, text: str) -> None:
        """Click the link or the button of a text."""
        element = (
            "[...document.querySelectorAll('a, button')].find(e => e.innerText.trim() === "
            f"{json.dumps(text)})"
        )
        self.until(f"Boolean({element})")
        # The click may leave the page before its answer is sent.
        with suppress(PageLeft):
            assert self.evaluate(f"(() => {{ const e = {element}; e?.click(); return Boolean(e) }})()"), text

    def save_picture(self, file: Path, *, width: int, height: int = 900, is_dark: bool = False) -> None:
        """Save the page as a picture, at a width and with the colours of one theme."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        time.sleep(0.2)
        picture = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(picture["data"]))


@contextmanager
def open_tab(browser: Browser) -> Iterator[Tab]:
    """Open an empty tab; what it loads and which errors its scripts have is in `browser.page` afterwards."""
    with browser.attach() as session:
        yield Tab(browser, session)
