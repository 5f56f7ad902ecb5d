"""Compile PolynomialExpansion."""

from __future__ import annotations

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.vector_storage import find_vector_storage
from sparkops.scoring.stages.feature.vector.polynomial_expansion import (
    MAX_DEGREE,
    MAX_PRODUCTS,
    MAX_SLOTS,
    count_products,
)


def compile_polynomial_expansion(saved: SavedStage, plan: Plan) -> None:
    """Add a `polynomial` step: vector -> all products of its slots up to the given degree."""
    source, target = saved.read_column_pair()
    size, degree = plan.find_vector_size(source), int(saved.params["degree"])
    if size > MAX_SLOTS or degree > MAX_DEGREE or count_products(size, degree) > MAX_PRODUCTS:
        raise CannotCompile(
            f"it expands {size} slots to degree {degree}, and at most {MAX_SLOTS} slots, degree {MAX_DEGREE} and "
            f"{MAX_PRODUCTS} products are compiled"
        )
    params = {"size": size, "degree": degree, "stored": find_vector_storage(plan, source)}
    plan.add_step(saved, "polynomial", [source], [(target, "vector")], params=params)
