"""Jobs are discovered by importing the files of a folder."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkops.errors import DeclarationError, ProjectError, UnknownName
from sparkops.pipeline.discovery.discover import discover
from sparkops.pipeline.discovery.jobs_folder import JobsFolder
from sparkops.pipeline.discovery.jobs_package import forget_package

HEAD = "from sparkops.pipeline.declare import job\n"


def simple(name: str, body: str = "return 1") -> str:
    return f"{HEAD}\n@job\ndef {name}(raw: 'DataFrame') -> 'DataFrame':\n    {body}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "conf").mkdir()
    created = tmp_path / "jobs"
    created.mkdir()
    yield created
    forget_package(created)
    sys.path[:] = [entry for entry in sys.path if entry != str(created)]


def refused(folder: Path) -> str:
    with pytest.raises(DeclarationError) as raised:
        discover(folder).require_all()
    return str(raised.value)


def test_the_jobs_of_all_files_are_found_by_name(folder):
    (folder / "one_job.py").write_text(simple("one"))
    (folder / "two_jobs.py").write_text(simple("two") + simple("three"))
    jobs = discover(folder)
    assert sorted(jobs) == ["one", "three", "two"]
    assert str(jobs["one"].place) == "jobs/one_job.py:4"


def test_jobs_import_files_beside_them_and_are_counted_once(folder):
    (folder / "shared_words.py").write_text(simple("base") + "WORD = 'shared'\n")
    (folder / "_hidden_words.py").write_text("WORD = 'hidden'\n")
    (folder / "uses_words.py").write_text(
        "import _hidden_words\nfrom shared_words import WORD, base\n"
        + simple("uses", "return WORD + _hidden_words.WORD")
    )
    jobs = discover(folder)
    assert sorted(jobs) == ["base", "uses"]
    assert jobs["uses"](None) == "sharedhidden"
    names = {module.__name__ for module in JobsFolder.of(folder).find_modules().values()}
    assert names == {"jobs", "jobs.shared_words", "jobs._hidden_words", "jobs.uses_words"}


def test_a_second_call_gives_the_same_jobs_until_a_file_changes(folder):
    file = folder / "changing_job.py"
    file.write_text(simple("changing"))
    first = discover(folder)
    assert discover(folder)["changing"] is first["changing"]
    file.write_text(simple("changing", "return 'changed'"))
    os.utime(file, (1, 1))
    assert discover(folder)["changing"](None) == "changed"


def test_an_import_in_the_author_s_own_code_gives_the_same_job(folder):
    (folder / "tested_job.py").write_text(simple("tested"))
    jobs = discover(folder)
    import tested_job

    assert tested_job.tested is jobs["tested"]


def test_two_projects_in_one_process_do_not_mix(folder, tmp_path):
    other = tmp_path / "other" / "jobs"
    other.mkdir(parents=True)
    (folder / "same_name.py").write_text(simple("same", "return 'first'"))
    (other / "same_name.py").write_text(simple("same", "return 'second'"))
    assert [discover(place)["same"](None) for place in (folder, other, folder)] == [
        "first",
        "second",
        "first",
    ]
    forget_package(other)


def test_two_jobs_with_one_name_are_refused_with_both_lines(folder):
    (folder / "first_twin.py").write_text(simple("twin"))
    (folder / "second_twin.py").write_text("\n" + simple("twin"))
    assert (
        refused(folder)
        == "Two jobs are named `twin`: jobs/first_twin.py:4 and jobs/second_twin.py:5. Rename one."
    )


def test_a_job_that_a_later_one_of_its_file_would_hide_is_refused(folder):
    (folder / "hidden_twin.py").write_text(simple("twin") + simple("twin"))
    messages = "Two functions are named `twin`: jobs/hidden_twin.py:4 and jobs/hidden_twin.py:9. Rename one."
    assert refused(folder) == messages


def test_every_file_that_does_not_import_is_reported_by_line_and_cause(folder):
    (folder / "bad_syntax.py").write_text("x = 1\ndef (\n")
    (folder / "bad_import.py").write_text("\n\nimport no_such_library\n")
    (folder / "bad_value.py").write_text("def broken():\n    return 1 / 0\nbroken()\n")
    (folder / "bad_exit.py").write_text("raise SystemExit('stop')\n")
    messages = refused(folder).splitlines()
    assert messages[0].startswith("jobs/bad_exit.py:1: the file cannot be imported: SystemExit: stop")
    assert messages[1] == (
        "jobs/bad_import.py:3: the file cannot be imported: ModuleNotFoundError: No module named 'no_such_library'"
    )
    assert messages[2].startswith("jobs/bad_syntax.py:2: this is not Python")
    assert (
        messages[3] == "jobs/bad_value.py:2: the file cannot be imported: ZeroDivisionError: division by zero"
    )


def test_a_wrong_declaration_is_reported_as_itself(folder):
    (folder / "wrong_job.py").write_text(HEAD + "@job\ndef wrong(raw) -> 'DataFrame': ...\n")
    assert refused(folder).startswith("Job `wrong`: `raw` has no annotation")


def test_a_folder_can_be_imported_after_its_error_is_fixed(folder):
    (folder / "good_half.py").write_text(simple("good"))
    (folder / "bad_half.py").write_text("import good_half\n1 / 0\n")
    refused(folder)
    (folder / "bad_half.py").write_text("x = 1\n")
    assert list(discover(folder)) == ["good"]
    assert discover(folder).broken == ()


def test_a_file_named_like_a_module_of_python_is_refused(folder):
    (folder / "statistics.py").write_text(simple("a"))
    (folder / "bad-name.py").write_text(simple("b"))
    messages = refused(folder)
    assert "jobs/statistics.py: Python itself has a module `statistics`. Rename the file." in messages
    assert "jobs/bad-name.py: `bad-name` is not a valid module name" in messages


def test_a_file_named_like_a_library_that_is_in_use_is_refused(folder):
    (folder / "pytest.py").write_text(simple("a"))
    assert "another module `pytest` is imported already" in refused(folder)


def test_a_missing_folder_is_reported(tmp_path):
    with pytest.raises(ProjectError, match=r"jobs are declared in jobs/\*.py"):
        discover(tmp_path / "jobs")


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def test_one_broken_file_does_not_hide_the_jobs_of_the_others(folder):
    write(
        folder,
        {
            "good.py": simple("good"),
            "syntax.py": f"{HEAD}@job(writes=['sums', 'means'])\ndef split(raw) -> 'Both':\n    return (\n",
            "missing.py": f"import no_such_library\n{simple('missing')}",
            "failing.py": simple("failing") + "1 / 0\n",
            "declared.py": HEAD + "@job\ndef declared(raw) -> 'DataFrame': ...\n",
            "latin.py": "",
        },
    )
    (folder / "latin.py").write_bytes(b"# \xff\xfe\nx = '\xff'\n")
    (folder / "gone.py").symlink_to("nowhere.py")
    jobs = discover(folder)
    assert sorted(jobs) == ["good"]
    assert jobs["good"](None) == 1
    broken = {file.file: file for file in jobs.broken}
    names = ["declared", "failing", "gone", "latin", "missing", "syntax"]
    assert sorted(broken) == [f"jobs/{name}.py" for name in names]
    assert broken["jobs/syntax.py"].jobs == ("split",)
    assert broken["jobs/syntax.py"].writes == ("sums", "means")
    assert broken["jobs/syntax.py"].message.startswith("jobs/syntax.py:4: this is not Python")
    assert broken["jobs/failing.py"].message.startswith(
        "jobs/failing.py:6: the file cannot be imported: Zero"
    )


def test_a_job_of_a_broken_file_is_refused_with_the_file_s_message(folder):
    write(folder, {"good.py": simple("good"), "bad.py": f"import no_such_library\n{simple('bad')}"})
    jobs = discover(folder)
    with pytest.raises(
        DeclarationError, match=r"^jobs/bad.py:1: the file cannot be imported: ModuleNotFound"
    ):
        jobs.find("bad")
    with pytest.raises(UnknownName, match=r"No job `other`. Known: good.*\n  - jobs/bad.py:1"):
        jobs.find("other")
    with pytest.raises(DeclarationError, match=r"jobs/bad.py:1"):
        jobs.require_writers(["bad"])
    jobs.require_writers(["good"])


def test_of_two_jobs_with_one_name_neither_runs_and_the_rest_of_their_files_does(folder):
    write(folder, {"first.py": simple("twin") + simple("one"), "second.py": simple("twin")})
    jobs = discover(folder)
    assert sorted(jobs) == ["one"]
    with pytest.raises(DeclarationError, match="Two jobs are named `twin`"):
        jobs.find("twin")


def test_a_broken_helper_breaks_the_jobs_that_import_it_and_is_named_with_its_line(folder):
    write(folder, {"helper.py": "x = 1\ny = x.z\n", "uses.py": "from helper import y\n" + simple("uses")})
    jobs = discover(folder)
    message = (
        "jobs/helper.py:2: the file cannot be imported: AttributeError: 'int' object has no attribute 'z'"
    )
    assert jobs.messages == (message,)
    with pytest.raises(DeclarationError, match=r"jobs/helper\.py:2"):
        jobs.find("uses")


IMPORTS = {
    "helper.py": "def one():\n    return 1\n",
    "lib/__init__.py": "",
    "lib/money.py": "from ..helper import one\nclass Money: pass\n",
    "sales/tools.py": "from ..lib.money import Money\n",
    "sales/daily.py": "from jobs.helper import one\nfrom .tools import Money\nfrom ..lib import money\n"
    "from lib.money import Money as Short\nimport helper\n"
    + simple("daily", "return Money is money.Money is Short and helper.one is one"),
    "sales/_private.py": simple("private"),
    "_old/former.py": simple("former"),
    "tests/test_x.py": "1 / 0\n",
}


def test_jobs_in_subfolders_are_found_and_import_by_every_form(folder):
    write(folder, IMPORTS)
    jobs = discover(folder)
    assert jobs.broken == ()
    assert sorted(jobs) == ["daily"]
    assert jobs["daily"](None) is True
    assert str(jobs["daily"].place) == "jobs/sales/daily.py:9"


def test_a_change_of_a_helper_in_a_subfolder_is_seen(folder):
    write(folder, IMPORTS)
    discover(folder)
    (folder / "lib/money.py").write_text("def Money():\n    return 'changed'\n")
    (folder / "sales/daily.py").write_text("from .tools import Money\n" + simple("daily", "return Money()"))
    assert discover(folder)["daily"](None) == "changed"


def test_a_folder_inside_a_package_has_the_package_s_name(tmp_path):
    package = tmp_path / "acme_flights" / "jobs"
    write(
        package.parent,
        {
            "__init__.py": "",
            "lib.py": "WORD = 'acme'\n",
            "jobs/__init__.py": "",
            "jobs/named.py": "from ..lib import WORD\n" + simple("named", "return WORD"),
        },
    )
    jobs = discover(package)
    assert jobs["named"](None) == "acme"
    assert jobs["named"].function.__module__ == "acme_flights.jobs.named"
    forget_package(package)
    sys.path.remove(str(tmp_path))


def test_a_package_that_cannot_be_imported_breaks_its_files(folder):
    write(folder, {"__init__.py": "1 / 0\n", "one.py": simple("one")})
    assert "ZeroDivisionError" in discover(folder).messages[0]


def test_a_job_has_the_time_of_its_import_which_is_new_only_if_a_file_changed(folder):
    """A run compares it with the files of its code, which are changed while a process runs what it has loaded."""
    file = folder / "one.py"
    file.write_text(simple("one"))
    first = discover(folder)["one"]
    assert first.load_time is not None
    assert file.stat().st_mtime <= first.load_time <= time.time()
    assert discover(folder)["one"].load_time == first.load_time
    # File systems have coarser times than the clock.
    time.sleep(0.05)
    file.write_text(simple("one", "return 2"))
    assert first.load_time < file.stat().st_mtime
    second = discover(folder)["one"]
    assert second.load_time is not None
    assert file.stat().st_mtime <= second.load_time


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_job_file_that_is_no_regular_file_is_named_and_not_read(folder: Path, kind: str) -> None:
    (folder / "good.py").write_text(simple("good"))
    if kind == "pipe":
        os.mkfifo(folder / "zz.py")
        os.mkfifo(folder / "_hidden.py")
    else:
        (folder / "zz.py").symlink_to("/dev/zero")
    jobs = discover(folder)
    assert list(jobs) == ["good"]
    assert jobs.messages == ("jobs/zz.py: this is no regular file. Remove it, or restore what it links to.",)
