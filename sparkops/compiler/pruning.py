"""The description of a compiled plan: the steps that its outputs need, the fields that these read, and the outputs."""

from __future__ import annotations

from collections.abc import Sequence

from sparkops.compiler.plan import Plan
from sparkops.scoring.ir.description import Description, Output, Step


def describe(plan: Plan) -> Description:
    """Return the description of a plan whose stages were all compiled."""
    steps = _prune(plan)
    read = {name for step in steps for name in step.inputs}
    fields = tuple(field for name, field in plan.fields.items() if name in read)
    ignored = tuple(name for name in plan.fields if name not in read)
    outputs, classes = _outputs(plan, steps)
    return Description(fields, ignored, tuple(steps), outputs, classes, tuple(plan.stages))


def _prune(plan: Plan) -> list[Step]:
    """Return the steps that the outputs need, and those that drop rows.

    Steps that only prepare the label are left out, because scoring has no label. Steps whose columns nothing reads are
    left out as Spark leaves them out when only the output columns are selected.
    """
    predictions = {output.name for output in plan.outputs}
    originals = {step.outputs[0] for step in plan.steps if step.op == "index_to_string"}
    needed = predictions | originals or set(_last_columns(plan))
    label_columns, selected = set(plan.label_columns) - needed, []
    for step in reversed(plan.steps):
        columns = {name for name in step.outputs if name}
        only_label = bool(columns) and columns <= label_columns and not columns & needed
        drops_rows = step.params.get("invalid") == "skip"
        if columns & needed or (drops_rows and not only_label):
            selected.append(step)
            needed |= set(step.inputs)
        elif only_label:
            label_columns |= set(step.inputs) - set(plan.fields)
    return selected[::-1]


def _outputs(plan: Plan, steps: Sequence[Step]) -> tuple[tuple[Output, ...], tuple[str, ...] | None]:
    """Return the outputs, and the classes by index if the label was indexed."""
    outputs = list(plan.outputs)
    predictions = {output.name for output in outputs if output.role == "prediction"}
    for step in (step for step in steps if step.op == "index_to_string"):
        role = "label" if step.inputs[0] in predictions else "column"
        outputs.append(Output(step.outputs[0], "string", step.outputs[0], role))
    classifiers = [step for step in steps if step.params.get("classes")]
    classes = _classes(plan, classifiers[-1]) if classifiers else None
    if classes and not any(output.role == "label" for output in outputs):
        outputs.append(Output("label", "string", None, "label"))
    if not outputs and plan.steps:
        outputs = [Output(name, plan.types[name], name, "column") for name in _last_columns(plan)]
    return tuple(outputs), classes


def _last_columns(plan: Plan) -> list[str]:
    """Return the columns that the last stage makes, in order: the outputs of a model without a predictor."""
    steps = [step for step in plan.steps if any(step.outputs) and not set(step.outputs) <= plan.label_columns]
    return [name for step in steps if step.stage == steps[-1].stage for name in step.outputs if name]


def _classes(plan: Plan, classifier: Step) -> tuple[str, ...] | None:
    """Return the original label of each class; classes beyond the indexed labels are `__unknown`."""
    labels = next(
        (plan.labels[column] for column in sorted(plan.label_columns) if column in plan.labels), None
    )
    if labels is None:
        return None
    count = int(classifier.params["classes"])
    return (*labels, *["__unknown"] * (count - len(labels)))
