"""Cases of RobustScalerModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble, with_settings


@case("RobustScalerModel", "centring and scaling, either and neither", inputs=["v"], frame="vectors")
def settings() -> list[Any]:
    from pyspark.ml.feature import RobustScaler

    options = [
        {"withCentering": centre, "withScaling": scale, "lower": 0.2}
        for centre in (True, False)
        for scale in (True, False)
    ]
    return with_settings(RobustScaler, "v", options)


@case("RobustScalerModel", "no effect, null passed on", inputs=["v"], frame="vectors")
def without_effect() -> list[Any]:
    from pyspark.ml.feature import RobustScaler

    return [RobustScaler(inputCol="v", outputCol="o", withScaling=False), assemble("o", invalid="keep")]
