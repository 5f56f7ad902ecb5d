"""Cases of VectorSizeHint."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("VectorSizeHint", "error, skip and optimistic", inputs=["v", "p", "q"], frame="vectors")
def all_modes() -> list[Any]:
    from pyspark.ml.feature import VectorSizeHint

    return [
        VectorSizeHint(inputCol="v", size=5),
        VectorSizeHint(inputCol="p", size=4, handleInvalid="skip"),
        VectorSizeHint(inputCol="q", size=3, handleInvalid="optimistic"),
        assemble("v", "p", "q", invalid="keep"),
    ]
