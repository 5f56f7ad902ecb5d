"""Cases of DCT."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("DCT", "forward and inverse", inputs=["v", "p", "q"], frame="vectors")
def forward_and_inverse() -> list[Any]:
    from pyspark.ml.feature import DCT

    return [
        DCT(inputCol="v", outputCol="vd"),
        DCT(inputCol="p", outputCol="pd", inverse=True),
        DCT(inputCol="q", outputCol="qd", inverse=True),
        assemble("q", "v", target="w"),
        DCT(inputCol="w", outputCol="wd"),
        assemble("vd", "pd", "qd", "wd"),
    ]
