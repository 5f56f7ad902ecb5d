"""Cases of RFormulaModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS


def formula(text: str, **params: Any) -> Any:
    from pyspark.ml.feature import RFormula

    return RFormula(formula=text, featuresCol="v", labelCol="aim", **params)


@case("RFormulaModel", "numbers and text, a label of text", inputs=SCALAR_COLUMNS)
def text() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression

    return [
        formula("late ~ c + x + n + b + d", handleInvalid="keep", stringIndexerOrderType="alphabetDesc"),
        LogisticRegression(featuresCol="v", labelCol="aim", maxIter=4),
    ]


@case("RFormulaModel", "rows skipped", inputs=SCALAR_COLUMNS)
def skip() -> list[Any]:
    from pyspark.ml.regression import LinearRegression

    return [
        formula("y ~ . - late - three", handleInvalid="skip"),
        LinearRegression(featuresCol="v", labelCol="aim"),
    ]


@case("RFormulaModel", "without an intercept, rows refused", inputs=["c", "x", "h", "n"], refused=8)
def error() -> list[Any]:
    return [formula("y ~ c + x + h - 1")]


@case("RFormulaModel", "interactions", inputs=["c", "d", "x", "h"])
def interactions() -> list[Any]:
    return [formula("y ~ x:h + c:d + c:x + h^2", handleInvalid="keep")]


@case("RFormulaModel", "vectors", inputs=["v", "p"], frame="vectors")
def vectors() -> list[Any]:
    from pyspark.ml.feature import RFormula

    return [RFormula(formula="y ~ v + p", featuresCol="all", labelCol="aim")]
