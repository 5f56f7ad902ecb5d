"""Run the flights example in a copy of it and take two pictures: the terminal as SVG, the report page as PNG."""

from __future__ import annotations

import io
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "assets" / "pictures"
COLUMNS, ROWS = 112, 40
# The commands at which the shown part of the terminal begins and ends.
FIRST, LAST = "flow clean_flights", "checks history daily_delays"
MAX_BYTES = 200_000
CHROMIUM = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def main() -> None:
    """Run the example and write both pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary) / "flights"
        for name in ("conf", "jobs", "scripts"):
            shutil.copytree(ROOT / name, project / name)
        text = run_in_terminal([sys.executable, "scripts/demo_flow.py"], project)
        (PICTURES / "demo.svg").write_text(to_svg(excerpt(text)), "utf-8")
        (report,) = (project / "reports").glob("*.html")
        take_screenshot(report, PICTURES / "report.png")
    for picture in sorted(PICTURES.iterdir()):
        size = picture.stat().st_size
        print(f"{picture.relative_to(ROOT)}: {size:,} bytes")
        if size > MAX_BYTES:
            sys.exit(f"{picture.name} is larger than {MAX_BYTES:,} bytes")


def run_in_terminal(words: list[str], folder: Path) -> str:
    """Run a command in a terminal of its own and return the text on it at the end, colours included."""
    environ = {
        **os.environ,
        "COLUMNS": str(COLUMNS),
        "LINES": str(ROWS),
        "TERM": "xterm-256color",
        "PYTHONPATH": str(ROOT),
    }
    terminal, command_end = pty.openpty()
    process = subprocess.Popen(
        words, cwd=folder, env=environ, stdin=command_end, stdout=command_end, stderr=command_end
    )
    os.close(command_end)
    output = bytearray()
    while True:
        try:
            part = os.read(terminal, 65536)
        # The command has closed its end.
        except OSError:
            break
        if not part:
            break
        output += part
    if process.wait() != 0:
        sys.exit(f"{' '.join(words)} ended with {process.returncode}:\n{output.decode()}")
    text = output.decode().replace("\r\n", "\n")
    return re.sub(r"[^\n]*\x1b\[2K", "", text).replace("\r", "").replace(str(folder), "~/flights")


def excerpt(text: str) -> str:
    """Return the part of the terminal that the picture shows."""
    start, end = text.index(f"$ sparkops {FIRST}"), text.index(f"$ sparkops {LAST}")
    return text[start:end].rstrip()


def to_svg(text: str) -> str:
    """Return the text of a terminal as SVG; the fonts are the reader's own, so nothing is loaded from elsewhere."""
    lines = [Text.from_ansi(line) for line in text.split("\n")]
    width = max(COLUMNS, *(line.cell_len for line in lines))
    console = Console(
        width=width, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    for line in lines:
        if line.plain.startswith("$ "):
            line.stylize("bold green")
        console.print(line)
    svg = console.export_svg(title="scripts/demo", unique_id="demo")
    svg = re.sub(r"\s*@font-face \{.*?\n    \}", "", svg, flags=re.DOTALL)
    svg = "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
    return svg.replace("Fira Code", "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono")


def take_screenshot(page: Path, picture: Path) -> None:
    """Take a page's picture with Chromium, in few colours."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        sys.exit("Chromium is not installed: apt-get install chromium")
    with tempfile.TemporaryDirectory() as profile:
        size = ["--window-size=1040,962", f"--screenshot={picture}", f"--user-data-dir={profile}"]
        subprocess.run(
            [program, *CHROMIUM, *size, page.as_uri()], check=True, capture_output=True, timeout=120
        )
    Image.open(picture).convert("RGB").quantize(96).save(picture, optimize=True)


if __name__ == "__main__":
    main()
