"""`sparkops models export`: a model as a file of ONNX, proved before it is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparkops.cli.display.table import rows_of, table
from sparkops.cli.models.compile import folder_of
from sparkops.cli.project_options import Where, common

if TYPE_CHECKING:
    from sparkops.onnx.export import Exported


@click.command("export", short_help="Write a model as a file of ONNX, proved against its certificate.")
@click.argument("uri", metavar="MODEL")
@click.option(
    "--onnx",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file that takes the graph.",
)
@click.option(
    "--rows", default=200, show_default=True, type=click.IntRange(0, 100_000), metavar="N", help="Fresh rows."
)
@click.option("--seed", type=int, metavar="NUMBER", help="Makes the same fresh rows again.")
@click.option("--no-nulls", is_flag=True, help="No row holds null: the graph has no inputs that tell of it.")
@common
def export(where: Where, uri: str, file: Path, rows: int, seed: int | None, no_nulls: bool) -> None:
    """Write MODEL as a graph of ONNX in double precision, once it answers as Spark did; no JVM is started.

    onnxruntime runs the rows of the certificate, rows at the model's edges and fresh ones first: one that differs, and
    nothing is written. A model with a stage that has no exact form in ONNX is refused, and the stage named.

    MODEL is a registered model, its folder, or a folder that `models compile --into` wrote. Needs the extra
    `sparkops[onnx]`.
    """
    from sparkops.onnx.export import export as write

    done = write(folder_of(where, uri), file, rows=rows, seed=seed, nulls=not no_nulls)
    graph = done.model.graph
    table(
        [_line(each, "in") for each in graph.input] + [_line(each, "out") for each in graph.output], empty=""
    )
    tell(done, file)


def tell(done: Exported, file: Path) -> None:
    """Print what was proved, and where the file is."""
    proved = done.proved
    kept = f"{rows_of(done.kept)} of the certificate" if done.kept else "no certificate: the scorer alone"
    click.echo(
        f"Proved   {rows_of(proved.rows)} by onnxruntime, {proved.unscored} of them without an answer; "
        f"{kept}, the others at edges and fresh (--seed {done.seed})"
    )
    click.echo(f"Written  {file}, {done.size:,} bytes")


def _line(value: Any, way: str) -> dict[str, str]:
    tensor = value.type.tensor_type
    shape = [str(each.dim_param or each.dim_value) for each in tensor.shape.dim]
    kinds = {11: "double", 7: "int64", 8: "string", 9: "bool"}
    kind = f"{kinds[tensor.elem_type]}[{','.join(shape)}]"
    return {"": way, "name": value.name, "tensor": kind, "holds": value.doc_string}
