"""`sparkops models certify` of a model that is no Spark model: its own process asked again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from secrets import randbelow

import click

from sparkops.cli.display.table import rows_of
from sparkops.cli.project_options import Where
from sparkops.errors import InputError


def certify_other(where: Where, uri: str, folder: Path, rows: int, seed: int | None) -> int:
    """Run the certificate of a model again, and ask new rows each alone and all in a batch; 1 where some differ.

    Args:
        where: The project.
        uri: What the model was called.
        folder: Its folder.
        rows: How many new rows.
        seed: Of the new rows; a new one where none is given.
    """
    from sparkops.cli.score import located
    from sparkops.pyfunc.registration.build import how
    from sparkops.pyfunc.registration.recheck import rechecked
    from sparkops.pyfunc.worker.manifest import read
    from sparkops.pyfunc.worker.open_scorer import opened
    from sparkops.pyfunc.worker.process_settings import Running
    from sparkops.scoring.locate.model_uri import Located, locate

    known = located(where)
    running = known.pop("running", Running())
    named = not Path(uri).is_dir()
    if named and uri.startswith(("runs:/", "models:/m-")):
        raise InputError(f"{uri} has no seal: name the registered model, as name, name/3 or name@alias.")
    found = locate(uri, **known) if named else Located(folder, folder.name, None)
    chosen = randbelow(10**6) if seed is None else seed
    with closing(opened(found, running)) as scorer:
        again = rechecked(scorer, found.folder, rows=rows, seed=chosen)
    click.echo(f"Model    {how(read(found.folder))}")
    click.echo(f"Kept     {rows_of(again.kept)}; {_differ(len(again.kept_differences))} row by row")
    click.echo(
        f"Compared {rows_of(again.fresh)}, fresh (--seed {chosen}); {_differ(len(again.fresh_differences))} between "
        "each alone and all in a batch"
    )
    for line in (*again.kept_differences[:5], *again.fresh_differences[:5]):
        click.echo(f"         {line}")
    return 1 if again.kept_differences or again.fresh_differences else 0


def _differ(count: int) -> str:
    return f"{count or 'no'} difference{'' if count == 1 else 's'}"
