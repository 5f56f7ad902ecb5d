"""The page of a service in a tab."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from browser.chromium import Browser
from browser.tab import Tab, open_tab
from fakes.job_service import serve_in_thread


@contextmanager
def opened(browser: Browser, project: Path, path: str = "/", *, has_tokens: bool = False) -> Iterator[Tab]:
    """Open the page; nothing but the service may be asked for anything, and no script may fail."""
    with ExitStack() as stack:
        url = stack.enter_context(serve_in_thread(project, has_tokens=has_tokens))
        tab = stack.enter_context(open_tab(browser))
        tab.go(url + path)
        yield tab
        assert browser.page.exceptions == []
        assert browser.page.dialogs == []
        hosts = {
            urlsplit(request).netloc for request in browser.page.requests if not request.startswith("data:")
        }
        assert hosts == {urlsplit(url).netloc}
        # Leave the page, so that its connections end before the service does.
        tab.go("about:blank")
