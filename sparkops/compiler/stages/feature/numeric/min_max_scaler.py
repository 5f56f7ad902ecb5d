"""Compile MinMaxScalerModel."""

from __future__ import annotations

import numpy as np

from sparkops.compiler.plan import Plan
from sparkops.compiler.saved_stage import SavedStage, parse_vector
from sparkops.compiler.stages.shared.affine_transform import add_affine_transform


def compile_min_max_scaler(saved: SavedStage, plan: Plan) -> None:
    """Add a `rescale` step: each slot's training range -> [min, max].

    A slot that was constant in training gives the middle of the output range.
    """
    row, low, high = saved.read_rows()[0], saved.read_double("min"), saved.read_double("max")
    least = parse_vector(row["originalMin"])
    span = parse_vector(row["originalMax"]) - least
    scale = np.divide(high - low, span, out=np.zeros(len(span)), where=span != 0.0)
    constant = np.where(scale == 0.0, (low + high) / 2.0, np.nan)
    arrays = {"shift": least, "scale": scale, "add": np.full(len(span), low), "constant": constant}
    add_affine_transform(saved, plan, arrays)
