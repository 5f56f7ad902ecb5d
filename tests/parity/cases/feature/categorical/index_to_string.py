"""Cases of IndexToString."""

from __future__ import annotations

from typing import Any

from parity.case import case


@case("IndexToString", "its own labels and those of the indexer", inputs=["c", "n"])
def labels() -> list[Any]:
    from pyspark.ml.feature import IndexToString, StringIndexer

    return [
        StringIndexer(inputCol="c", outputCol="ci"),
        IndexToString(inputCol="ci", outputCol="original"),
        IndexToString(inputCol="n", outputCol="named", labels=[f"label {number}" for number in range(40)]),
    ]
