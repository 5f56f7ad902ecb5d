"""From the files of a saved Spark ML model to a description of what it does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sparkops.errors import ModelError
from sparkops.scoring.ir.description import Description, Output, Step
from sparkops.scoring.ir.field import Field
from sparkops.scoring.row_function import write

from .compilation import Compilation, Stage
from .plan import Plan, Uncompiled
from .saved_stage import Saved
from .stages.registry import COMPILERS

_WRAPPERS = ("CrossValidatorModel", "TrainValidationSplitModel")


def compile_model(folder: Path | str, inputs: Sequence[Field]) -> Description:
    """Return the description of a saved model, without Spark.

    Args:
        folder: A saved PipelineModel, or any one fitted stage.
        inputs: Columns of the model's signature.

    Raises:
        NotCompiled: Stages that only Spark can score; every one is named, with its reason.
        ModelError: The folder holds no model that Spark ML saved.
    """
    return stage_by_stage(folder, inputs).whole()


def stage_by_stage(folder: Path | str, inputs: Sequence[Field]) -> Compilation:
    """Return what becomes of each stage of a saved model, and the description where all were compiled.

    Args:
        folder: A saved PipelineModel, or any one fitted stage.
        inputs: Columns of the model's signature.

    Raises:
        ModelError: The folder holds no model that Spark ML saved.
    """
    plan = Plan({field.name: field for field in inputs})
    stages = tuple(Stage(saved.kind, saved.uid, _tried(saved, plan)) for saved in stages_of(Path(folder)))
    if any(stage.reason for stage in stages):
        return Compilation(stages)
    description = _describe(plan)
    try:
        write(description)
    except ModelError as error:
        return Compilation(stages, trouble=str(error))
    return Compilation(stages, description)


def stages_of(folder: Path) -> list[Saved]:
    """Return the stages of a saved model in their order, out of pipelines and tuning wrappers."""
    return _flat(Saved.read(folder))


def _tried(saved: Saved, plan: Plan) -> str:
    """Compile one stage; return why it cannot be, or nothing."""
    plan.stages.append(saved.kind)
    try:
        _compile(saved, plan)
    except (Uncompiled, ModelError) as reason:
        why = str(reason)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        why = f"its saved form is not known to this version ({error!r})"
    else:
        return ""
    _assume(saved, plan)
    return why


def _flat(saved: Saved) -> list[Saved]:
    """Return the stages in order, out of pipelines and tuning wrappers."""
    if saved.kind in _WRAPPERS:
        return _flat(Saved.read(saved.folder / "bestModel"))
    if saved.kind == "PipelineModel":
        return [stage for inner in saved.stages() for stage in _flat(inner)]
    if saved.kind == "RFormulaModel":
        return [*_flat(Saved.read(saved.folder / "pipelineModel")), saved]
    return [saved]


def _compile(saved: Saved, plan: Plan) -> None:
    if saved.kind not in COMPILERS:
        raise Uncompiled("this kind of stage is scored by Spark")
    COMPILERS[saved.kind](saved, plan)


def _assume(saved: Saved, plan: Plan) -> None:
    """Take a stage's output as given, so that stages after it are not blamed for it."""
    params = saved.params
    names = params.get("outputCols") or [params.get("outputCol"), params.get("predictionCol")]
    for name in names:
        if name:
            plan.types.setdefault(name, "vector" if name == params.get("outputCol") else "double")


def _describe(plan: Plan) -> Description:
    steps = _needed(plan)
    read = {name for step in steps for name in step.inputs}
    fields = tuple(field for name, field in plan.fields.items() if name in read)
    outputs, classes = _answers(plan, steps)
    ignored = tuple(name for name in plan.fields if name not in read)
    return Description(fields, ignored, tuple(steps), outputs, classes, tuple(plan.stages))


def _needed(plan: Plan) -> list[Step]:
    """Return the steps that the answer needs, and those that drop rows.

    What only makes the label is left out: scoring has none. So is what makes columns that nobody reads, as Spark
    leaves it out when only the answer's columns are selected.
    """
    answers = {output.name for output in plan.outputs}
    named = {step.outputs[0] for step in plan.steps if step.op == "index_to_string"}
    wanted = answers | named or set(_last(plan))
    truths, kept = set(plan.truths) - wanted, []
    for step in reversed(plan.steps):
        made = {name for name in step.outputs if name}
        only_label = bool(made) and made <= truths and not made & wanted
        drops = step.params.get("invalid") == "skip"
        if made & wanted or (drops and not only_label):
            kept.append(step)
            wanted |= set(step.inputs)
        elif only_label:
            truths |= set(step.inputs) - set(plan.fields)
    return kept[::-1]


def _answers(plan: Plan, steps: Sequence[Step]) -> tuple[tuple[Output, ...], tuple[str, ...] | None]:
    outputs = list(plan.outputs)
    predictions = {output.name for output in outputs if output.role == "prediction"}
    named = [step for step in steps if step.op == "index_to_string"]
    for step in named:
        role = "label" if step.inputs[0] in predictions else "column"
        outputs.append(Output(step.outputs[0], "string", step.outputs[0], role))
    classifiers = [step for step in steps if step.params.get("classes")]
    classes = _classes(plan, classifiers[-1]) if classifiers else None
    if classes and not any(output.role == "label" for output in outputs):
        outputs.append(Output("label", "string", None, "label"))
    if not outputs and plan.steps:
        kinds = {name: plan.types[name] for name in _last(plan)}
        outputs = [Output(name, kind, name, "column") for name, kind in kinds.items()]
    return tuple(outputs), classes


def _last(plan: Plan) -> list[str]:
    """Return the columns that the last stage makes, in order: what a model without a predictor answers."""
    making = [step for step in plan.steps if any(step.outputs) and not set(step.outputs) <= plan.truths]
    return [name for step in making if step.stage == making[-1].stage for name in step.outputs if name]


def _classes(plan: Plan, step: Step) -> tuple[str, ...] | None:
    labels = next((plan.labels[truth] for truth in sorted(plan.truths) if truth in plan.labels), None)
    if labels is None:
        return None
    count = int(step.params["classes"])
    return (*labels, *["__unknown"] * (count - len(labels)))
