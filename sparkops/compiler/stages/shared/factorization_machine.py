"""The parameters of a saved factorization machine."""

from __future__ import annotations

from typing import Any

import numpy as np

from sparkops.compiler.saved_stage import SavedStage, is_sparse, parse_matrix, parse_vector
from sparkops.scoring.ir.arrays import Numbers


def read_factorization_machine(saved: SavedStage) -> tuple[dict[str, Any], dict[str, Numbers]]:
    """Return params and arrays of the step that both the classifier and the regressor compile to."""
    row = saved.read_rows()[0]
    arrays = {
        "weights": parse_vector(row["linear"]),
        "intercept": np.array([float(row["intercept"])]),
        "factors": parse_matrix(row["factors"]),
    }
    return {"sparse": is_sparse(row["linear"])}, arrays
