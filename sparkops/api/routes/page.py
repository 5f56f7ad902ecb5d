"""`/` and `/page`: the page of the service for browsers. Its files hold no data; they ask the other routes for it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sparkops.api.security_headers import PAGE_POLICY
from sparkops.core.bounded_file import read_text

_FILES: Final = Path(__file__).parent.parent / "pages"
_MAX_STYLE: Final = 1_000_000


def make_page_routes() -> list[BaseRoute]:
    """Return the routes of the page's files."""

    async def show(request: Request) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            raise HTTPException(404)
        return FileResponse(
            _FILES / "index.html", headers={"Content-Security-Policy": PAGE_POLICY, "Vary": "Accept"}
        )

    async def show_theme(request: Request) -> Response:
        del request
        return Response(build_theme(), media_type="text/css")

    return [
        Route("/", show, methods=["GET"]),
        Route("/page/theme.css", show_theme, methods=["GET"]),
        Mount("/page", StaticFiles(directory=_FILES)),
    ]


def build_theme() -> str:
    """Return the style sheet of the report pages, with the colours of both themes."""
    import sparkops.reports
    from sparkops.reports.palette import format_css_variables

    light, dark = format_css_variables()
    style = read_text(Path(sparkops.reports.__file__).parent / "page.css", _MAX_STYLE)
    colours = f":root{{color-scheme:light dark;{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    return colours + style
