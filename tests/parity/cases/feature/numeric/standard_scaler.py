"""Cases of StandardScalerModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import with_settings


@case("StandardScalerModel", "centring and scaling, either and neither", inputs=["v"], frame="vectors")
def settings() -> list[Any]:
    from pyspark.ml.feature import StandardScaler

    options = [{"withMean": mean, "withStd": std} for mean in (True, False) for std in (True, False)]
    return with_settings(StandardScaler, "v", options)
