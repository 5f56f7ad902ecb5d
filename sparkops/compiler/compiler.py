"""Compile a saved Spark ML model, from its files, into a description that the scorer runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sparkops.compiler.compilation import Compilation, StageOutcome
from sparkops.compiler.pipeline_stages import read_stages
from sparkops.compiler.plan import NEWEST_VERSION, CannotCompile, Plan, StageCompiler, parse_version
from sparkops.compiler.plan_description import describe, list_label_notes
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.session import SessionSettings
from sparkops.compiler.stages.feature.python_function import find_function_compiler
from sparkops.compiler.stages.registry import COMPILERS
from sparkops.compiler.vector_sizes import Trial, infer_sizes
from sparkops.errors import ModelError
from sparkops.scoring.codegen.code_writer import SizeMismatch
from sparkops.scoring.ir.description import Description
from sparkops.scoring.ir.field import Field
from sparkops.scoring.row_function import generate_code

# What Python raises where a stage is saved in an unknown form.
_UNREADABLE = (KeyError, ValueError, TypeError, IndexError, AttributeError, ArithmeticError, RecursionError)


def compile_model(
    folder: Path | str, inputs: Sequence[Field], session: SessionSettings | None = None
) -> Description:
    """Return the description of a saved model, without Spark.

    Args:
        folder: A saved PipelineModel, or any one fitted stage.
        inputs: Columns of the model's signature.
        session: Settings of the session that the model was trained in; None for Spark's defaults.

    Raises:
        NotCompiled: Only Spark can score some stages; the message names each of them with its reason.
        ModelError: The folder is not a saved Spark ML model.
    """
    return compile_stages(folder, inputs, session).require_description()


def compile_stages(
    folder: Path | str, inputs: Sequence[Field], session: SessionSettings | None = None
) -> Compilation:
    """Return what becomes of each stage of a saved model, and the description if all were compiled.

    Args:
        folder: A saved PipelineModel, or any one fitted stage.
        inputs: Columns of the model's signature.
        session: Settings of the session that the model was trained in; None for Spark's defaults.

    Raises:
        ModelError: The folder is not a saved Spark ML model.
    """
    saved_stages = read_stages(Path(folder))
    fields = infer_sizes(inputs, partial(_try_sizes, saved_stages))
    plan = Plan(
        {field.name: field for field in fields},
        session=session or SessionSettings(),
        spark_version=parse_version(saved_stages[0].metadata) if saved_stages else NEWEST_VERSION,
    )
    stages = tuple(
        StageOutcome(saved.class_name, saved.uid, _compile_stage(saved, plan)) for saved in saved_stages
    )
    if any(stage.reason for stage in stages):
        return Compilation(stages)
    try:
        description = describe(plan)
        generate_code(description)
    except (CannotCompile, ModelError) as error:
        return Compilation(stages, problem=str(error))
    except _UNREADABLE as error:
        problem = f"The stages compile, and this version of sparkops cannot combine them ({error!r})."
        return Compilation(stages, problem=problem)
    return Compilation(stages, description, notes=list_label_notes(plan, description))


def _compile_stage(saved: SavedStage, plan: Plan) -> str:
    """Add the steps of one stage to the plan; return why it cannot be compiled, or an empty string."""
    plan.stages.append(saved.class_name)
    try:
        _find_compiler(saved)(saved, plan)
    except (CannotCompile, ModelError) as error:
        reason = str(error)
    except _UNREADABLE as error:
        reason = f"this version of sparkops cannot read its saved form ({error!r})"
    else:
        return ""
    _assume_outputs(saved, plan)
    return reason


def _try_sizes(saved_stages: Sequence[SavedStage], fields: Sequence[Field]) -> Trial:
    """Return the first stage that needs vectors of another size than fields of these sizes give it."""
    plan = Plan({field.name: field for field in fields})
    for position, saved in enumerate(saved_stages):
        try:
            _find_compiler(saved)(saved, plan)
        except SizeMismatch as error:
            return Trial(position, error.size, error.needed)
        except (CannotCompile, ModelError, *_UNREADABLE):
            return Trial(position)
    return Trial(len(saved_stages))


def _find_compiler(saved: SavedStage) -> StageCompiler:
    own = find_function_compiler(saved)
    if own is not None:
        return own
    if saved.class_name not in COMPILERS:
        raise CannotCompile("sparkops does not compile this kind of stage")
    return COMPILERS[saved.class_name]


def _assume_outputs(saved: SavedStage, plan: Plan) -> None:
    """Declare the outputs of a stage that cannot be compiled, so that later stages do not report them as missing."""
    params = saved.params
    names = params.get("outputCols") or [params.get("outputCol"), params.get("predictionCol")]
    for name in names if isinstance(names, list) else ():
        if name and isinstance(name, str):
            plan.types.setdefault(name, "vector" if name == params.get("outputCol") else "double")
