"""The frames that cases are fitted on: small, without null, with columns of every type."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql.types import DataType

WORDS = [
    "the",
    "Plane",
    "late",
    "I",
    "was",
    "on",
    "TIME",
    "fog",
    "snow",
    "snow",
    "a",
    "\u00fcber",
    "\u0130stanbul",
    "x-ray",
    "e.g.",
]


def scalars(spark: Any, size: int = 400) -> Any:
    """Return single values of every type.

    c, d text, x h double, n int, l long, b boolean, f float; late, three, y labels.
    """
    draw = Random(7)
    rows = [
        (
            draw.choice("abcd"),
            draw.choice(["x", "y", "null"]),
            draw.gauss(0, 1),
            float(draw.randint(0, 3)) / 2,
            draw.randint(0, 50),
            draw.randint(-(2**40), 2**40),
            draw.random() < 0.3,
            draw.random(),
        )
        for _ in range(size)
    ]
    columns = "c string, d string, x double, h double, n int, l long, b boolean, f float"
    return spark.createDataFrame(rows, columns).selectExpr(
        "*",
        "if(x + n / 25 + if(c = 'a', 1, 0) > 1.4, 'late', 'ontime') late",
        "double(n % 3) three",
        "x * 3 + n y",
    )


def vectors(spark: Any, size: int = 300) -> Any:
    """Return vectors.

    v (5 slots, any sign, some 0, one constant), p (4 counts, not negative), q (3 of 0 or 1); two three y labels.
    """
    from pyspark.ml.linalg import DenseVector, SparseVector, VectorUDT
    from pyspark.sql.types import DoubleType, StructField, StructType

    draw = Random(11)

    def either(values: list[float]) -> Any:
        if draw.random() < 0.5:
            return DenseVector(values)
        nonzero = [(at, value) for at, value in enumerate(values) if value]
        return SparseVector(len(values), nonzero)

    rows = []
    for _ in range(size):
        v = [draw.gauss(0, 2), draw.gauss(5, 1), draw.choice([0.0, 0.0, 1.5, -3.0]), 2.0, draw.uniform(-1, 1)]
        p = [float(draw.randint(0, 4)) for _ in range(4)]
        q = [float(draw.random() < 0.4) for _ in range(3)]
        two = float(v[0] + p[0] + q[0] > 2.5)
        three = float(int(p[1]) % 3)
        rows.append(
            (either(v), either(p), either(q), two, three, v[0] * 2 + p[0] + 0.5, abs(v[0]) + p[0] + 0.25)
        )
    kinds: list[tuple[str, DataType]] = [(name, VectorUDT()) for name in ("v", "p", "q")]
    kinds += [(name, DoubleType()) for name in ("two", "three", "y", "positive")]
    return spark.createDataFrame(rows, StructType([StructField(name, kind) for name, kind in kinds]))


def texts(spark: Any, size: int = 200) -> Any:
    """Return text.

    t a sentence, w its words as an array, c a name, x a double, b a boolean, n an int; two, y labels.
    """
    draw = Random(13)
    rows = []
    for _ in range(size):
        words = [draw.choice(WORDS) for _ in range(draw.randint(1, 9))]
        gap = draw.choice([" ", "  ", "\t", ", ", "-"])
        late = float("late" in words or "snow" in words)
        rows.append(
            (
                gap.join(words),
                words,
                draw.choice("abcd"),
                draw.gauss(0, 1),
                draw.random() < 0.5,
                draw.randint(0, 9),
                late,
                late * 2 + len(words),
            )
        )
    return spark.createDataFrame(
        rows, "t string, w array<string>, c string, x double, b boolean, n int, two double, y double"
    )


def ratings(spark: Any, size: int = 200) -> Any:
    """Return who rated what: u int, d double, whole; i long, s short; r the rating."""
    draw = Random(17)
    rows = [(draw.randint(-3, 12), draw.randint(0, 9), float(draw.randint(1, 5))) for _ in range(size)]
    table = spark.createDataFrame(rows, "u int, i long, r float")
    return table.selectExpr("*", "double(u * 7) d", "cast(i - 4 as short) s")


def baskets(spark: Any, size: int = 200) -> Any:
    """Return what came together, each once: w text, null among it; k integers."""
    draw = Random(19)
    names = [*WORDS[:6], None]
    rows = []
    for _ in range(size):
        some = draw.sample(names, draw.randint(0, 5))
        numbers = draw.sample(range(1, 8), draw.randint(1, 5))
        rows.append((some, numbers))
    return spark.createDataFrame(rows, "w array<string>, k array<int>")


def lists(spark: Any, size: int = 60) -> Any:
    """Return lists of values: i of int, j of long, k of short, u of double, v of float, z of boolean."""
    draw = Random(17)
    rows = []
    for _ in range(size):
        integers = [draw.choice([None, 0, 1, -1, 300]) for _ in range(draw.randint(0, 4))]
        reals = [draw.choice([None, 0.5, -1.0, 2.0**-20]) for _ in range(draw.randint(0, 4))]
        rows.append((integers, integers, integers, reals, reals, [draw.random() < 0.5]))
    return spark.createDataFrame(
        rows,
        "i array<int>, j array<bigint>, k array<smallint>, u array<double>, v array<float>, z array<boolean>",
    )


def gaps(spark: Any, size: int = 300) -> Any:
    """Return categories by number.

    k double and g int with null; m long and z int (never 0) without null; two, y labels.
    """
    draw = Random(17)
    rows = [
        (
            None if draw.random() < 0.2 else float(draw.randint(0, 4)),
            None if draw.random() < 0.1 else draw.randint(0, 3),
            draw.choice([0, 2, 5]),
            draw.choice([1, 2, 4]),
            float(draw.random() < 0.4),
            draw.gauss(3, 2),
        )
        for _ in range(size)
    ]
    return spark.createDataFrame(rows, "k double, g int, m long, z int, two double, y double")


def moments(spark: Any, size: int = 120) -> Any:
    """Return days and times: day a date, moment a timestamp, word text that may be a date, n an int; y label."""
    draw = Random(23)
    rows = []
    for _ in range(size):
        day = date(2024, 1, 1) + timedelta(days=draw.randint(-800, 800))
        moment = datetime(2024, 1, 1) + timedelta(seconds=draw.randint(-(10**7), 10**7))
        word = draw.choice([day.isoformat(), f"{day.year}-{day.month}", "soon", ""])
        rows.append((day, moment, word, draw.randint(-40, 40), draw.gauss(0, 1)))
    return spark.createDataFrame(rows, "day date, moment timestamp, word string, n int, y double")


def longs(spark: Any, size: int = 80) -> Any:
    """Return longs of which doubles hold no exact value, and some that they do: l with null, m without."""
    draw = Random(29)
    odd = [2**53 + 1, 2**53, 2**53 - 1, 2**63 - 1, 2**63 - 513, -(2**63), -(2**53) - 1, 2**60 + 3, 0, 7]
    rows = [(draw.choice([None, *odd]), draw.choice(odd)) for _ in range(size)]
    return spark.createDataFrame(rows, "l long, m long")


FRAMES: dict[str, Callable[[Any], Any]] = {
    "scalars": scalars,
    "vectors": vectors,
    "texts": texts,
    "gaps": gaps,
    "ratings": ratings,
    "baskets": baskets,
    "lists": lists,
    "longs": longs,
    "moments": moments,
}
