"""Compile a trained model and compare the scorer with Spark; whatever prevents that is a reason, not an error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.artifact.certify import certify
from sparkops.artifact.frames import read_frame_fields
from sparkops.errors import ModelError
from sparkops.pipeline.model import Model
from sparkops.scoring.protocol import Case

if TYPE_CHECKING:
    from sparkops.compiler import Compilation
    from sparkops.scoring.ir.field import Field

# What Python raises where a stage is saved in an unknown form, or where the code of a row cannot be generated.
_DEFECTS = (
    ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, RecursionError, SyntaxError, TypeError,
    ValueError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CertifiedCompilation:
    """The outcome of compiling a model.

    Args:
        compilation: The outcome for each stage; the description is None if the scorer and Spark differ.
        fields: Columns of the training rows.
        cases: The certificate; empty if there is no description.
    """

    compilation: Compilation
    fields: tuple[Field, ...]
    cases: tuple[Case, ...] = ()


def compile_and_certify(model: Model, saved: Path) -> CertifiedCompilation:
    """Return the outcome for a trained model: compiled with a certificate, or the reasons why only Spark scores it.

    Args:
        model: The trained model.
        saved: The folder that Spark saved it in.
    """
    # Imported here because it brings NumPy.
    from sparkops.compiler import Compilation, compile_stages, read_session

    compilation, fields = Compilation(()), read_frame_fields(model.example)
    try:
        compilation = compile_stages(saved, fields, read_session(model.example.sparkSession))
        compilation = require_columns(compilation)
        if compilation.description is None:
            return CertifiedCompilation(compilation, fields)
        return CertifiedCompilation(compilation, fields, tuple(certify(model, compilation.description)))
    except ModelError as error:
        problem = str(error)
    except _DEFECTS as error:
        problem = f"this version of sparkops cannot compile it ({error!r})"
    return CertifiedCompilation(replace(compilation, description=None, problem=problem), fields)


def require_columns(compilation: Compilation) -> Compilation:
    """Return an outcome without the scorer if that reads or computes no column: MLflow has no signature for it."""
    description = compilation.description
    if description is None or (description.fields and description.outputs):
        return compilation
    problem = (
        "it reads no column of its rows" if description.outputs else "it computes nothing from these columns"
    )
    return replace(compilation, description=None, problem=problem)
