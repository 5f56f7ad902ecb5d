"""Compile one classifier against the rest, of any kind that is compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sparkops.compiler.plan import Plan, Uncompiled
from sparkops.compiler.saved_stage import Saved
from sparkops.scoring.ir.description import Output

from ..shared.predictor import predicted

Compile = Callable[[Saved, Plan], None]


def one_vs_rest(compilers: Mapping[str, Compile], saved: Saved, plan: Plan) -> None:
    """Compile OneVsRestModel: its classifiers as steps of their own, whose columns nobody else sees."""
    count, prediction = int(saved.extra["numClasses"]), predicted(saved)
    models = [Saved.read(saved.folder / f"model_{at}") for at in range(count)]
    outputs, truths = list(plan.outputs), set(plan.truths)
    hidden = [_hidden(compilers, saved, plan, at, model) for at, model in enumerate(models)]
    plan.outputs, plan.truths = outputs, {*truths, saved.params["labelCol"]}
    raw = str(saved.params.get("rawPredictionCol", ""))
    columns = [(prediction, "double"), ("", "vector"), (raw, "vector")]
    plan.add(saved, "one_vs_rest", hidden, columns, params={"classes": count})
    plan.outputs.append(Output(prediction, "double", prediction, "prediction"))
    if raw:
        plan.outputs.append(Output(raw, "vector", raw, "rawPrediction", count))


def _hidden(compilers: Mapping[str, Compile], saved: Saved, plan: Plan, at: int, model: Saved) -> str:
    """Compile the classifier of one class; return the column of its raw scores."""
    raw = f"{saved.uid} {at} raw"
    own = {
        "featuresCol": saved.params["featuresCol"],
        "predictionCol": f"{saved.uid} {at}",
        "probabilityCol": "",
        "rawPredictionCol": raw,
        "leafCol": "",
    }
    if model.kind not in compilers:
        raise Uncompiled(f"its classifiers are {model.kind}, which is scored by Spark")
    compilers[model.kind](replace(model, params={**model.params, **own}), plan)
    return raw
