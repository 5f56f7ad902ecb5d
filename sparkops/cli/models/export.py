"""`sparkops models export`: write a model as an ONNX file, verified before it is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparkops.cli.display.echo import echo
from sparkops.cli.display.table import print_table
from sparkops.cli.models.compile import find_model_folder
from sparkops.cli.project_options import VERSION, ProjectOptions, with_project_options
from sparkops.core.wording import format_count

if TYPE_CHECKING:
    from sparkops.onnx.export import OnnxExport

# Element types of ONNX by their number.
_ELEMENT_TYPES = {11: "double", 7: "int64", 8: "string", 9: "bool"}


@click.command("export", short_help="Write a model as an ONNX file, verified against its certificate.")
@click.argument("uri", metavar="MODEL")
@click.option(
    "--onnx",
    "file",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file to write.",
)
@click.option(
    "--rows",
    default=200,
    show_default=True,
    type=click.IntRange(0, 100_000),
    metavar="N",
    help="Number of new rows to verify.",
)
@click.option("--seed", type=VERSION, metavar="NUMBER", help="Seed of the new rows; a random one by default.")
@click.option("--no-nulls", is_flag=True, help="No row contains null: the graph has no inputs for nulls.")
@with_project_options
def export(
    project: ProjectOptions, uri: str, file: Path, rows: int, seed: int | None, no_nulls: bool
) -> None:
    """Write MODEL as an ONNX graph in double precision, verified to predict as Spark did. No JVM is started.

    onnxruntime first scores the rows of the certificate, edge rows and new rows: if one differs, nothing is written. A
    model with a stage that has no exact form in ONNX is refused, and the stage is named.

    MODEL is a registered model, its folder, or a folder that `models compile --into` wrote. Needs the extra
    `sparkops[onnx]`.
    """
    from sparkops.onnx.export import export as export_model

    exported = export_model(find_model_folder(project, uri), file, rows=rows, seed=seed, nulls=not no_nulls)
    graph = exported.model.graph
    inputs = [_to_row(value, "in") for value in graph.input]
    print_table([*inputs, *(_to_row(value, "out") for value in graph.output)], empty="")
    print_verification(exported, file)


def print_verification(exported: OnnxExport, file: Path) -> None:
    """Print which rows were verified, and where the file is."""
    verified = exported.verification
    source = (
        f"{format_count(exported.certificate_rows, 'row')} of the certificate"
        if exported.certificate_rows
        else "no certificate: the scorer alone"
    )
    echo(
        f"Verified {format_count(verified.rows, 'row')} by onnxruntime, {verified.unscored} of them without a "
        f"prediction; {source}, the others edge and new rows (--seed {exported.seed})"
    )
    echo(f"Written  {file}, {exported.size:,} bytes")


def _to_row(value: Any, direction: str) -> dict[str, str]:
    tensor = value.type.tensor_type
    shape = [str(dimension.dim_param or dimension.dim_value) for dimension in tensor.shape.dim]
    return {
        "": direction,
        "name": value.name,
        "tensor": f"{_ELEMENT_TYPES[tensor.elem_type]}[{','.join(shape)}]",
        "holds": value.doc_string,
    }
