"""The fuzzer's short form: a few hundred damaged inputs for every interface, and the fuzzer itself."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fuzzing.registry import NAMES, load_surface
from fuzzing.runner import fuzz, read_finding, save_findings
from fuzzing.surface import Finding, check_message, make_random
from fuzzing.surfaces.pages import check_page
from fuzzing.watch import MARKER, Watch
from fuzzing.worker import FINDING, Task, replay_case

ROOT = Path(__file__).parent.parent.parent
# Cases of each surface; those of more milliseconds each get fewer.
CASES = dict.fromkeys(NAMES, 100) | {
    "api-requests": 30,
    "pages": 10,
    "command-lines": 20,
    "compiles": 30,
    "run-records": 50,
    "state-files": 30,
    "suites": 50,
}


@pytest.fixture(scope="module")
def summaries() -> dict[str, Any]:
    """Run the short form of all surfaces."""
    tasks = [Task(name, 0, CASES[name]) for name in NAMES]
    return dict(fuzz(tasks, seed=2026, jobs=1, progress=lambda _: None))


@pytest.mark.parametrize("name", NAMES)
def test_damaged_input_is_accepted_or_refused_with_a_message(summaries: dict[str, Any], name: str) -> None:
    assert summaries[name].problems == {}
    assert summaries[name].cases == CASES[name]
    # Input that is always refused, or always accepted, tests nothing.
    assert len(summaries[name].outcomes) > 1 or name == "pages"


@pytest.mark.parametrize("name", NAMES)
def test_a_case_depends_on_its_seed_and_number_alone_and_is_json(name: str) -> None:
    draw = load_surface(name).draw
    first, again, other = (draw(make_random(7, name, index)) for index in (3, 3, 4))
    assert json.dumps(first) == json.dumps(again)
    assert json.dumps(first) != json.dumps(other)


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Watch:
    return Watch(tmp_path_factory.mktemp("allowed"))


def spin() -> None:
    while True:
        Random(1).random()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (MARKER, "fuzzing.marker"),
        ("open('/var/tmp/fuzzing-test', 'w').close()", "open of /var/tmp/fuzzing-test"),
        ("__import__('os').mkdir('/nowhere/x')", "os.mkdir of /nowhere/x"),
        ("__import__('os').system('true')", "os.system"),
        ("__import__('pickle').loads(b'cos\\nsystem\\n.')", "pickle.find_class"),
        ("spin()", "longer than 0.2 s"),
        ("b'x' * (3 << 29)", "memory"),
    ],
)
def test_what_no_case_may_do_is_a_finding(watch: Watch, code: str, message: str) -> None:
    with pytest.raises(Finding, match=message):
        run_watched(watch, code)
    Path("/var/tmp/fuzzing-test").unlink(missing_ok=True)


def run_watched(watch: Watch, code: str) -> None:
    with watch.limit(0.2 if code == "spin()" else 20.0):
        try:
            eval(code, {"spin": spin})
        except OSError:
            return


def test_processes_and_other_hosts_are_out_of_reach(watch: Watch) -> None:
    with watch.limit(5.0), pytest.raises(PermissionError, match="No processes"):
        subprocess.run(["true"], check=True)
    with watch.limit(5.0), pytest.raises(OSError, match="unreachable"):
        socket.create_connection(("192.0.2.1", 9))


@pytest.mark.parametrize(
    "html",
    [
        "<script>fuzz()</script>",
        "<p onclick=x>",
        '<a href="javascript:fuzz()">x</a>',
        '<a href="//host/x">x</a>',
        "<img>",
        '<p style="background:url(//x)">',
        "<!-- x -->",
        "62615533",
        "\x1b",
    ],
)
def test_what_data_may_not_bring_into_a_page_is_a_finding(html: str) -> None:
    policy = "<meta http-equiv=x content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    check_page(f"<!doctype html>{policy}<p>text</p>")
    with pytest.raises(Finding):
        check_page(f"<!doctype html>{policy}{html}")
    with pytest.raises(Finding, match="policy"):
        check_page("<!doctype html><p>text</p>")


@pytest.mark.parametrize(
    "text", ["", " ", "Traceback (most recent call last):\n", "x" * 10_000, "Unexpected error; run"]
)
def test_a_message_that_is_no_sentence_is_a_finding(text: str) -> None:
    with pytest.raises(Finding):
        check_message(text)


def test_a_finding_is_saved_as_a_file_that_repeats_it(tmp_path: Path) -> None:
    summaries = fuzz([Task("patterns", 0, 2)], seed=1, jobs=1, progress=lambda _: None)
    summaries["patterns"].problems[1] = "for this test"
    (file,) = save_findings(summaries, seed=1, folder=tmp_path / "findings")
    name, case = read_finding(file)
    assert (name, case) == ("patterns", load_surface("patterns").draw(make_random(1, "patterns", 1)))
    assert replay_case(load_surface(name), case).outcome != FINDING
    replayed = run_script("--replay", str(file))
    assert replayed.returncode == 0, replayed.stderr
    assert replayed.stdout.startswith("patterns: ")


def test_the_command_prints_a_table_or_json() -> None:
    options = ("--surface", "patterns", "--cases", "20", "--seed", "3", "--jobs", "2")
    table, as_json = run_script(*options), run_script(*options, "--json")
    assert "patterns" in table.stdout
    assert "seed 3" in table.stdout
    assert json.loads(as_json.stdout)["surfaces"]["patterns"]["cases"] == 20
    assert (table.returncode, as_json.returncode) == (0, 0)


def run_script(*options: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "scripts"), str(ROOT / "tests")])
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-m", "fuzzing", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
