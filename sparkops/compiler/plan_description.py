"""The description of a compiled plan: its outputs, the steps that these need, and the fields that the steps read."""

from __future__ import annotations

from sparkops.compiler.outputs import collect_outputs
from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.core.type_names import parse_decimal_digits
from sparkops.scoring.ir.description import Description
from sparkops.scoring.ir.selection import select_steps

# Digits of decimals that a double, in which an answer contains them, holds exactly.
_MAX_DIGITS = 15


def describe(plan: Plan) -> Description:
    """Return the description of a plan whose stages were all compiled.

    As Spark does when only the outputs are selected, steps that no output needs are left out, unless they drop rows. So
    the steps that only prepare the label are left out: scoring has no label.

    Raises:
        CannotCompile: An answer cannot contain an output.
    """
    results = collect_outputs(plan)
    for output in results.outputs:
        digits = parse_decimal_digits(output.type)
        if digits is not None and digits[0] > _MAX_DIGITS:
            raise CannotCompile(
                f"its result `{output.name}` is {output.type}, which an answer cannot contain: CAST it to DOUBLE"
            )
    columns = [output.column for output in results.outputs if output.column is not None]
    steps, read = select_steps(plan.steps, columns)
    fields = tuple(field for name, field in plan.fields.items() if name in read)
    ignored = tuple(name for name in plan.fields if name not in read)
    return Description(fields, ignored, steps, results.outputs, results.classes, tuple(plan.stages))


def list_label_notes(plan: Plan, description: Description) -> tuple[str, ...]:
    """Return a sentence for each step that drops rows by a label: rows to score need that label, as in Spark."""
    fields = {field.name for field in description.fields}
    return tuple(
        f"{step.stage} drops rows by {', '.join(f'`{name}`' for name in step.inputs)}, so rows to score need "
        "it, as in Spark. To score rows without their label, set its handleInvalid to error or keep, or index "
        "the label before the pipeline."
        for step in description.steps
        if step.params.get("invalid") == "skip"
        and step.outputs
        and set(step.outputs) <= plan.label_columns
        and set(step.inputs) & fields
    )
