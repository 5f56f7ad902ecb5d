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


def write_used(project: Path, lines: str, expression: str, files: dict[str, str]) -> UsedCode:
    """Return the code of a job that returns an expression, in a file with these lines above it."""
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    (project / "jobs" / "sales.py").write_text(
        f"from sparkops import job\n{lines}\n\n@job\ndef sales(orders):\n    return {expression}\n"
    )
    return find_used(project)


CLEAN = {
    "shop/__init__.py": "",
    "shop/helpers.py": "def clean(x):\n    return x\ndef unused(x):\n    return x\n",
}


@pytest.mark.parametrize(
    ("lines", "uses_all"),
    [
        ("from shop.helpers import clean\nclean = udf(clean)", False),
        ("from shop.helpers import clean\nif True:\n    clean = udf(clean)", False),
        ("from shop.helpers import clean as other\nclean = udf(other)", False),
        ("from shop.helpers import *\nclean = udf(clean)", True),
        ("import shop.helpers as clean\nclean = udf(clean.clean)", True),
    ],
)
def test_a_name_that_is_imported_and_then_assigned_is_followed_to_both(
    project: Path, lines: str, uses_all: bool
) -> None:
    used = write_used(project, lines, "clean(1)", CLEAN).definitions
    assert {"jobs/sales.py:clean", "shop/helpers.py:clean"} <= set(used)
    assert ("shop/helpers.py:unused" in used) == uses_all


RULES = "from functools import lru_cache\nRULES = {}\ndef rule(f):\n    RULES[f.__name__] = f\n    return f\n"


@pytest.mark.parametrize(
    ("definition", "counts"),
    [
        ("@rule\ndef late(x):\n    return 1", True),
        ("@rule\nclass late:\n    value = 1", True),
        ("@app.register('late')\ndef late(x):\n    return 1", True),
        ("@lru_cache\n@rule\ndef late(x):\n    return 1", True),
        ("def late(x):\n    return 1", False),
        ("@lru_cache\ndef late(x):\n    return 1", False),
        ("@F.udf('int')\ndef late(x):\n    return 1", False),
        ("@dataclass(frozen=True)\nclass late:\n    value: int = 1", False),
        ("@rule\n@job\ndef late(x):\n    return 1", False),
    ],
)
def test_a_definition_that_its_decorator_may_register_counts_wherever_its_file_is_used(
    project: Path, definition: str, counts: bool
) -> None:
    """Used is `RULES["late"]`; the definition itself is never named."""

    def read(definition: str) -> UsedCode:
        files = {"jobs/rules.py": f"{RULES}{definition}\n"}
        return write_used(project, "from jobs.rules import RULES", "RULES['late']", files)

    assert (read(definition) != read(definition.replace("1", "2"))) == counts


@pytest.mark.parametrize(
    ("statement", "counts"),
    [
        ("LIMITS['late'] = [x for x in range(1)]", True),
        ("LIMITS['late'] = {x: 1 for x in 'ab'}", True),
        ("LIMITS['late'], OTHER = 1, 2", True),
        ("LIMITS.late = OTHER = 1", True),
        ("LIMITS['late'] += sum(x for x in [1])", True),
        ("LIMITS['late']: int = max(x for x in [1])", True),
        ("LIMITS['late'] = (OTHER := 1)", True),
        ("OTHER = [LIMITS['late'] for x in range(1)]", False),
        ("OTHER: int = 1", False),
    ],
)
def test_an_assignment_that_changes_an_object_counts_wherever_its_file_is_used(
    project: Path, statement: str, counts: bool
) -> None:
    def read(statement: str) -> UsedCode:
        files = {"jobs/limits.py": f"LIMITS = {{}}\n{statement}\n"}
        return write_used(project, "from jobs.limits import LIMITS", "LIMITS", files)

    assert (read(statement) != read(statement.replace("1", "3").replace("ab", "abc"))) == counts


def test_a_name_that_is_defined_inside_of_a_value_is_a_definition(project: Path) -> None:
    assert "jobs/sales.py:RATE" in write_used(project, "OTHER = (RATE := 2) + 1", "RATE", {}).definitions


LIB_FILES = {
    "shop/__init__.py": "from .clean import other\n",
    "shop/clean.py": "RATE = 1\ndef f(x):\n    return x * RATE\ndef other(x):\n    return x\n",
    "shop/deep/__init__.py": "def g(x):\n    return x\n",
    "shop/conf.py": "conf = object()\n",
    "shop/dynamic.py": "def __getattr__(name):\n    return name\n",
}


@pytest.mark.parametrize(
    ("init", "lines", "expression", "used", "unused"),
    [
        ("", "import shop", "shop.clean.f(1)", "shop/clean.py:f", "shop/conf.py:conf"),
        ("", "import shop", "shop.deep.g(1)", "shop/deep/__init__.py:g", "shop/clean.py:f"),
        ("", "import shop as s", "s.clean.f(1)", "shop/clean.py:RATE", "shop/conf.py:conf"),
        ("", "import shop", "shop.other(1)", "shop/clean.py:other", "shop/clean.py:f"),
        # A name of the package, and a module of that name: Python takes the name.
        ("from .conf import conf", "from shop import conf", "conf.rate", "shop/conf.py:conf", "shop/clean.py:f"),
        ("from .clean import f as conf", "from shop import conf", "conf.rate", "shop/clean.py:f", "shop/deep/__init__.py:g"),
        # A name that no statement defines.
        ("", "from shop import dynamic", "dynamic.x", "shop/dynamic.py:__getattr__", "shop/conf.py:conf"),
        ("", "from shop.dynamic import x", "x", "shop/dynamic.py:__getattr__", "shop/conf.py:conf"),
    ],
)  # fmt: skip
def test_an_attribute_of_a_package_is_its_name_or_its_module(
    project: Path, init: str, lines: str, expression: str, used: str, unused: str
) -> None:
    files = LIB_FILES | {"shop/__init__.py": f"{LIB_FILES['shop/__init__.py']}{init}\n"}
    definitions = write_used(project, lines, expression, files).definitions
    assert used in definitions
    assert unused not in definitions


@pytest.mark.parametrize(
    ("folder", "counts"),
    [
        ("src", True),
        ("libs/shared", True),
        (".venv/lib/python3.12/site-packages", False),
        ("../other", False),
    ],
)
@pytest.mark.parametrize("file", ["laden_shop/__init__.py", "laden_shop.py", "laden_shop/rates.py"])
def test_a_package_of_the_project_is_found_where_python_finds_it(
    project: Path, monkeypatch: pytest.MonkeyPatch, folder: str, counts: bool, file: str
) -> None:
    monkeypatch.syspath_prepend(str(project / folder))
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    # Importing it fails.
    files = {f"{folder}/{file}": "def rate(x):\n    return x\nraise ImportError\n"}
    used = write_used(project, f"from {module} import rate", "rate(1)", files)
    assert (f"{folder}/{file}:rate" in used.definitions) == counts
    assert used.packages == (() if counts else ("laden_shop",))
