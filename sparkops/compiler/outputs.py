"""The outputs of a model: what its predictors compute, and what Spark adds to that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sparkops.compiler.plan import Plan
from sparkops.scoring.codegen.symbols import Vector
from sparkops.scoring.ir.description import Output, Step
from sparkops.scoring.ir.selection import select_steps
from sparkops.scoring.sql.expression import expression_from_json

# Names of the label that is derived from a prediction, in order of preference.
_LABEL_NAMES = ("label", "predicted_label")


@dataclass(frozen=True, slots=True)
class ModelOutputs:
    """The outputs of a model, and the original labels by class index if there is an output that shows them."""

    outputs: tuple[Output, ...]
    classes: tuple[str, ...] | None


def collect_outputs(plan: Plan) -> ModelOutputs:
    """Return the outputs of a plan whose stages were all compiled.

    They are the columns of the predictors as far as they are in Spark's result, then the columns that Spark adds after
    the last predictor, those that it makes of predictions and no predictor reads, and those of `IndexToString`. A model
    without a predictor has the columns of its last stage.
    """
    result = _Result.of(plan)
    outputs = [*result.predicted.values()]
    predictions = {output.name for output in outputs if output.role == "prediction"}
    for step, name in result.iterate_added_columns() if plan.outputs else result.iterate_last_columns():
        is_label = step.op == "index_to_string" and step.inputs[0] in predictions
        outputs.append(_build_output(plan, name, "label" if is_label else "column"))
    return _add_label(plan, result, outputs)


@dataclass(frozen=True, slots=True)
class _Result:
    """The columns of Spark's result.

    Args:
        plan: The plan.
        producers: Position of the step that computes each of them last.
        predicted: Outputs of predictors by name, under the name that a SELECT gave them if it dropped the first one.
        origins: The first name of each of these.
    """

    plan: Plan
    producers: Mapping[str, int]
    predicted: Mapping[str, Output]
    origins: Mapping[str, str]

    @classmethod
    def of(cls, plan: Plan) -> _Result:
        producers = {
            name: position
            for position, step in enumerate(plan.steps)
            for name in step.outputs
            if name in plan.types and name not in plan.internal
        }
        predicted: dict[str, Output] = {}
        origins: dict[str, str] = {}
        own: dict[int, list[Output]] = {}
        for output in plan.outputs:
            own.setdefault(plan.output_steps[output.name], []).append(output)
        for position, step in enumerate(plan.steps):
            source = _find_renamed_column(step)
            moved = predicted.get(source) if source not in producers else None
            for name in step.outputs:
                predicted.pop(name, None)
            if moved is not None:
                name = step.outputs[0]
                predicted[name] = replace(moved, name=name, column=name)
                origins[name] = origins[source]
            for output in own.get(position, ()):
                predicted[output.name], origins[output.name] = output, output.name
        in_result = {name: output for name, output in predicted.items() if name in producers}
        return cls(plan, producers, in_result, origins)

    def iterate_added_columns(self) -> Iterator[tuple[Step, str]]:
        """Yield the further results of a model with predictors, each with its step."""
        steps, first = self.plan.steps, min(self.plan.output_steps.values())
        last = max(self.plan.output_steps.values())
        predictor_steps, _ = select_steps(steps[: last + 1], [output.name for output in self.plan.outputs])
        read = {name for step in predictor_steps for name in step.inputs}
        derived = {output.name for output in self.plan.outputs}
        for position, step in enumerate(steps):
            if position >= first and derived & set(step.inputs):
                derived |= set(step.outputs)
            for name in step.outputs:
                if self.producers.get(name) != position or name in self.predicted:
                    continue
                is_result = name in derived and name not in read
                if position > last or is_result or step.op == "index_to_string":
                    yield step, name

    def iterate_last_columns(self) -> Iterator[tuple[Step, str]]:
        """Yield the columns that the last stage makes, each with its step.

        They are the outputs of a model without a predictor.
        """
        computed = [
            (self.plan.steps[position], name)
            for name, position in sorted(self.producers.items(), key=lambda item: item[1])
            if name not in self.plan.label_columns
        ]
        for step, name in computed:
            if step.stage == computed[-1][0].stage or step.op == "index_to_string":
                yield step, name


def _find_renamed_column(step: Step) -> str:
    """Return the column that a SELECT gives another name; empty for any other step."""
    if step.op != "select":
        return ""
    tree = expression_from_json(step.params["nodes"], step.stage)
    return str(tree.value) if tree.op == "column" else ""


def _build_output(plan: Plan, name: str, role: str) -> Output:
    column = plan.code.columns.get(name)
    size = column.size if isinstance(column, Vector) else None
    return Output(name, plan.types[name], name, role, size)


def _add_label(plan: Plan, result: _Result, outputs: list[Output]) -> ModelOutputs:
    """Return the outputs, with the original label of the first classifier whose label was indexed.

    If an output holds a label already, none is added. A label without a column is derived from the first prediction, so
    the outputs of that classifier come first.
    """
    labelled = [
        output
        for output in outputs
        if output.role == "prediction" and result.origins[output.name] in plan.class_labels
    ]
    if not labelled:
        return ModelOutputs(tuple(outputs), None)
    prediction, origin = labelled[0], result.origins[labelled[0].name]
    position = plan.output_steps[origin]
    classes = _list_classes(plan.steps[position], plan.class_labels[origin])
    if any(output.role == "label" for output in outputs):
        return ModelOutputs(tuple(outputs), classes)
    first = next(output for output in outputs if output.role == "prediction")
    if first is not prediction:
        outputs.sort(
            key=lambda output: plan.output_steps.get(result.origins.get(output.name, "")) != position
        )
    return ModelOutputs(
        (*outputs, Output(_choose_label_name(plan, outputs), "string", None, "label")), classes
    )


def _list_classes(classifier: Step, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the original label of each class; classes beyond the indexed labels are `__unknown`."""
    return (*labels, *["__unknown"] * (int(classifier.params["classes"]) - len(labels)))


def _choose_label_name(plan: Plan, outputs: list[Output]) -> str:
    """Return a name for the derived label that no column of the rows, of the training rows or of the result has."""
    taken = {name.lower() for name in (*plan.fields, *plan.missing, *(output.name for output in outputs))}
    names = iter(_LABEL_NAMES)
    name = next(names)
    while name in taken:
        name = next(names, f"{name}_")
    return name
