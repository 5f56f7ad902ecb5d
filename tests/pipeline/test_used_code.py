"""The code that a job uses: what changes it, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from sparkops.pipeline.code.used_code import CodeReader, UsedCode

FILES = {
    "jobs/sales.py": '''
        """Jobs about sales."""
        import logging
        from datetime import date
        from pyspark.sql import DataFrame, functions as F
        from sparkops import job, main
        from jobs.lib.money import RATES, to_cents as cents
        from .helper import clean
        from . import dates
        import jobs.lib.text as text

        LIMIT = 10
        UNUSED = 1

        @job(replace="day", retries=1)
        def sales(orders: DataFrame, *, day: date) -> DataFrame:
            """Sales of a day."""
            return clean(orders).where(F.col("n") < LIMIT).select(cents("amount"), text.shorten("name"), dates.first(day))

        @job
        def other(orders: DataFrame) -> DataFrame:
            return orders

        if __name__ == "__main__":
            main(sales)
    ''',
    "jobs/helper.py": """
        from functools import lru_cache

        SETTINGS = {"a": 1}

        @lru_cache
        def find(name):
            return SETTINGS[name]

        def clean(frame):
            from jobs.lib.inner import step
            return step(frame, find("a"))

        def unused(frame):
            return frame
    """,
    "jobs/dates.py": "import numpy\ndef first(day):\n    return numpy.abs(day)\ndef last(day):\n    return day\n",
    "jobs/lib/money.py": "RATES = [1]\ndef to_cents(name):\n    return convert(name)\ndef convert(name):\n    return name\n",
    "jobs/lib/text.py": "from jobs.lib import money\nWIDTH = 3\ndef shorten(name):\n    return name[:WIDTH]\ndef pad(name):\n    return name\n",
    "jobs/lib/inner.py": "import pandas as pd\ndef step(frame, n):\n    return frame\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
    return tmp_path


def find_used(project: Path, name: str = "sales") -> UsedCode:
    used = CodeReader(project).find_used(project / "jobs" / "sales.py", name)
    assert used is not None
    return used


def test_definitions_are_followed_through_the_modules_of_the_project(project: Path) -> None:
    used = find_used(project)
    assert list(used.definitions) == [
        "jobs/dates.py:first",
        "jobs/helper.py:SETTINGS",
        "jobs/helper.py:clean",
        "jobs/helper.py:find",
        "jobs/lib/inner.py:step",
        "jobs/lib/money.py:convert",
        "jobs/lib/money.py:to_cents",
        "jobs/lib/text.py:WIDTH",
        "jobs/lib/text.py:shorten",
        "jobs/sales.py:LIMIT",
        "jobs/sales.py:sales",
    ]
    assert used.packages == ("datetime", "functools", "numpy", "pyspark")
    assert list(find_used(project, "other").definitions) == ["jobs/sales.py:other"]


def replace(project: Path, file: str, old: str, new: str) -> None:
    path = project / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("jobs/sales.py", "LIMIT = 10", "LIMIT  =  10  # at most"),
        ("jobs/sales.py", '"""Sales of a day."""', '"""Sales of one day, in cents."""'),
        ("jobs/sales.py", '    """Sales of a day."""\n', ""),
        ("jobs/sales.py", "retries=1", "retries=5, timeout='1 hour'"),
        ("jobs/sales.py", "UNUSED = 1", "UNUSED = 2"),
        ("jobs/sales.py", "    return orders", "    return orders.limit(1)"),
        ("jobs/sales.py", "main(sales)", "main(other)"),
        ("jobs/sales.py", "import logging", "import logging, sys"),
        ("jobs/helper.py", "def unused(frame):\n    return frame", ""),
        ("jobs/dates.py", "return day\n", "return None\n"),
        ("jobs/lib/money.py", "RATES = [1]", "RATES = [2]"),
        ("jobs/lib/text.py", "def pad(name):\n    return name", "def pad(name):\n    return name + ' '"),
    ],
)
def test_what_is_not_used_and_how_it_is_written_changes_nothing(
    project: Path, file: str, old: str, new: str
) -> None:
    before = find_used(project)
    replace(project, file, old, new)
    assert find_used(project) == before


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("jobs/sales.py", "LIMIT = 10", "LIMIT = 11", "jobs/sales.py:LIMIT"),
        ("jobs/sales.py", "LIMIT = 10", "LIMIT = 10\nLIMIT += 1", "jobs/sales.py:LIMIT"),
        ("jobs/sales.py", "< LIMIT", "<= LIMIT", "jobs/sales.py:sales"),
        ("jobs/sales.py", "day: date", "day: date = date(2024, 1, 1)", "jobs/sales.py:sales"),
        ("jobs/helper.py", '{"a": 1}', '{"a": 2}', "jobs/helper.py:SETTINGS"),
        ("jobs/helper.py", "@lru_cache\n", "", "jobs/helper.py:find"),
        ("jobs/dates.py", "numpy.abs(day)", "numpy.abs(day) + 1", "jobs/dates.py:first"),
        ("jobs/lib/money.py", "    return name\n", "    return name * 100\n", "jobs/lib/money.py:convert"),
        ("jobs/lib/text.py", "WIDTH = 3", "WIDTH = 4", "jobs/lib/text.py:WIDTH"),
        ("jobs/lib/inner.py", "return frame", "return frame.limit(n)", "jobs/lib/inner.py:step"),
    ],
)
def test_what_is_used_is_named_when_it_changes(
    project: Path, file: str, old: str, new: str, changed: str
) -> None:
    before = find_used(project).definitions
    replace(project, file, old, new)
    after = find_used(project).definitions
    assert {name for name in before | after if before.get(name) != after.get(name)} == {changed}


@pytest.mark.parametrize(
    "text",
    [
        "import sys\nsys.setrecursionlimit(5000)\n",
        "SETTINGS = {}\nSETTINGS['x'] = 1\n",
        "try:\n    import fast as engine\nexcept ImportError:\n    engine = None\n",
        "for name in ['a']:\n    globals()[name] = 1\n",
    ],
)
def test_what_a_used_file_does_at_its_import_counts(project: Path, text: str) -> None:
    before = find_used(project).definitions
    with (project / "jobs" / "helper.py").open("a") as file:
        file.write(text)
    changed = find_used(project).definitions
    assert "jobs/helper.py:<module>" in changed.keys() - before.keys()


def test_all_of_a_module_is_used_if_it_is_passed_on_or_imported_by_a_star(project: Path) -> None:
    replace(project, "jobs/sales.py", 'text.shorten("name")', "cents(text)")
    assert {"jobs/lib/text.py:pad", "jobs/lib/text.py:shorten"} <= set(find_used(project).definitions)
    replace(project, "jobs/sales.py", "from .helper import clean", "from .helper import *")
    assert "jobs/helper.py:unused" in find_used(project).definitions


def test_a_dotted_import_without_a_name_uses_the_module(project: Path) -> None:
    replace(project, "jobs/sales.py", "import jobs.lib.text as text", "import jobs.lib.text")
    replace(project, "jobs/sales.py", "text.shorten", "jobs.lib.text.shorten")
    assert "jobs/lib/text.py:shorten" in find_used(project).definitions


LIB = {
    "shop/__init__.py": "from .tax import RATE\nOWN = 1\nOTHER = 1\n",
    "shop/tax.py": "RATE = 1\nUNUSED = 1\ndef add(x):\n    return x * RATE\n",
    "shop/deep/__init__.py": "",
    "shop/deep/udfs.py": "def register(spark):\n    return spark\n",
}


@pytest.mark.parametrize(
    ("lines", "expression", "used", "unused"),
    [
        ("from shop import tax", "tax.add(1)", "shop/tax.py:RATE", "shop/tax.py:UNUSED"),
        ("from shop import tax as t", "t.add(1)", "shop/tax.py:RATE", "shop/tax.py:UNUSED"),
        ("import shop.tax as t", "t.add(1)", "shop/tax.py:add", "shop/__init__.py:OTHER"),
        ("from shop.tax import add as plus", "plus(1)", "shop/tax.py:RATE", "shop/tax.py:UNUSED"),
        ("from shop import RATE", "RATE", "shop/tax.py:RATE", "shop/tax.py:add"),
        ("from shop import OWN", "OWN", "shop/__init__.py:OWN", "shop/__init__.py:OTHER"),
        ("import shop", "shop.OWN", "shop/__init__.py:OWN", "shop/__init__.py:OTHER"),
        ("import shop", "shop.RATE", "shop/tax.py:RATE", "shop/tax.py:add"),
        ("import shop", "getattr(shop, 'OWN')", "shop/__init__.py:OTHER", "shop/deep/udfs.py:register"),
        ("from shop.deep.udfs import *", "register(1)", "shop/deep/udfs.py:register", "shop/tax.py:add"),
        ("from shop.tax import *\nfrom shop.deep.udfs import *", "register", "shop/deep/udfs.py:register", "shop/__init__.py:OWN"),
        ("from shop.tax import add", "list(map(add, [1]))", "shop/tax.py:RATE", "shop/tax.py:UNUSED"),
        ("from shop.tax import add\nPLUS = lambda x: add(x)", "PLUS(1)", "shop/tax.py:RATE", "shop/tax.py:UNUSED"),
        ("from shop.tax import add\nclass Shop:\n    def sell(self):\n        return add(1)", "Shop().sell()", "shop/tax.py:add", "shop/tax.py:UNUSED"),
        ("from shop import tax\nclass Base:\n    rate = tax.RATE\nclass Shop(Base):\n    pass", "Shop().rate", "shop/tax.py:RATE", "shop/tax.py:add"),
        ("from shop.tax import add\ndef twice(x, f=add):\n    return f(f(x))", "twice(1)", "shop/tax.py:add", "shop/tax.py:UNUSED"),
        ("try:\n    from shop.fast import add\nexcept ImportError:\n    from shop.tax import add", "add(1)", "shop/tax.py:add", "shop/tax.py:UNUSED"),
        ("if True:\n    from shop.tax import add", "add(1)", "shop/tax.py:add", "shop/tax.py:UNUSED"),
        ("", "__import__('os') and (lambda: 1)()", "jobs/sales.py:sales", "shop/tax.py:add"),
    ],
)  # fmt: skip
def test_every_form_of_import_is_followed(
    project: Path, lines: str, expression: str, used: str, unused: str
) -> None:
    for name, text in LIB.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    file = project / "jobs" / "sales.py"
    file.write_text(
        f"from sparkops import job\n{lines}\n\n@job\ndef sales(orders):\n    return {expression}\n"
    )
    definitions = find_used(project).definitions
    assert used in definitions
    assert unused not in definitions


@pytest.mark.parametrize(
    ("body", "uses"),
    [
        ("return helper.limit(1)", False),  # an argument
        ("helper = helper.limit(1)\n    return helper", False),
        ("return (lambda helper: helper)(1)", False),
        ("def other(x):\n        return x\n    return other(helper)", False),
        ("return other(helper)", True),
        ("def inner():\n        return other\n    return inner()", True),
        ("def inner(other):\n        return other\n    return inner(helper)", False),
        ("return [(lambda x=other: x)() for _ in helper]", True),
        ("global other\n    other = 1\n    return other", True),
        ("for other in helper:\n        pass", False),
        ("with helper as other:\n        return other", False),
        ("class Inner:\n        x = other\n    return Inner", True),
    ],
)
def test_arguments_and_variables_are_no_names_of_the_module(project: Path, body: str, uses: bool) -> None:
    (project / "jobs" / "sales.py").write_text(
        "from sparkops import job\n\ndef helper(x):\n    return x\n\ndef other(x):\n    return x\n\n"
        f"@job\ndef sales(helper):\n    {body}\n"
    )
    definitions = find_used(project).definitions
    assert "jobs/sales.py:helper" not in definitions
    assert ("jobs/sales.py:other" in definitions) == uses


def test_what_an_imported_module_does_at_its_import_counts_even_if_no_name_of_it_is_used(
    project: Path,
) -> None:
    replace(project, "jobs/sales.py", "import logging", "import logging\nimport jobs.lib.register")
    (project / "jobs/lib/register.py").write_text("TABLE = {}\nfrom jobs.lib import more\n")
    assert not [name for name in find_used(project).definitions if "register" in name]
    (project / "jobs/lib/more.py").write_text("print('loaded')\n")
    assert "jobs/lib/more.py:<module>" in find_used(project).definitions


def test_the_hash_of_code_is_the_same_in_all_versions_of_python(project: Path) -> None:
    file = project / "jobs" / "sales.py"
    file.write_text("@job\ndef sales(a, *, b: int = 1):\n    return [a, {**b}, f'{a!r:>3}', lambda: None]\n")
    assert find_used(project).definitions == {"jobs/sales.py:sales": "573b8041d997"}


def test_modules_that_import_each_other_are_followed_once(project: Path) -> None:
    replace(project, "jobs/lib/money.py", "RATES = [1]", "from jobs.lib.text import shorten\nRATES = [1]")
    replace(project, "jobs/lib/money.py", "return convert(name)", "return convert(shorten(name))")
    replace(project, "jobs/lib/text.py", "name[:WIDTH]", "money.convert(name)[:WIDTH]")
    assert "jobs/lib/money.py:convert" in find_used(project).definitions


@pytest.mark.parametrize(
    "spoil", [lambda text: "def broken(:\n", lambda text: text.replace("def sales(", "def sold(")]
)
def test_a_function_that_cannot_be_read_has_no_code(project: Path, spoil: Callable[[str], str]) -> None:
    file = project / "jobs" / "sales.py"
    file.write_text(spoil(file.read_text()))
    assert CodeReader(project).find_used(file, "sales") is None


def test_a_module_that_is_not_python_is_used_as_text(project: Path) -> None:
    (project / "jobs" / "helper.py").write_text("def clean(:\n")
    first = find_used(project).definitions["jobs/helper.py"]
    (project / "jobs" / "helper.py").write_text("def clean(::\n")
    assert find_used(project).definitions["jobs/helper.py"] != first
