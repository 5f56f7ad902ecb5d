"""Every case on many rows: what `scripts/parity` runs, and what writes docs/stages.md."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any
from zlib import crc32

from parity.case import CASES, Case
from parity.frames import FRAMES
from parity.proof import Proof, page
from parity.truth import Truth
from sparkops.artifact.random_rows import generate_rows
from sparkops.config.settings import Settings
from sparkops.errors import NotCompiled
from sparkops.scoring.row_function import generate_code
from sparkops.spark import Starter

PAGE = Path(__file__).parents[2] / "docs" / "stages.md"


def load_cases() -> list[Case]:
    """Return the cases of every file, in the order of the files, whichever was imported first."""
    for file in sorted(Path(__file__).parent.glob("cases_*.py")):
        importlib.import_module(f"parity.{file.stem}")
    CASES.sort(key=lambda each: each.stages.__module__)
    return CASES


def prove(case: Case, frame: Any, folder: Path, rows: int) -> Proof:
    """Fit, compile and compare one case, on its edge rows and on random ones."""
    from pyspark.ml import Pipeline

    proof = Proof(case)
    fitted = Pipeline(stages=case.stages()).fit(frame)
    try:
        truth = Truth(fitted, frame, folder, names=case.inputs, sparse=case.sparse)
    except NotCompiled as error:
        if not case.reason or case.reason not in str(error):
            proof.differences.append(str(error))
        return proof
    if case.reason:
        proof.differences.append(f"compiled, though it should not be for: {case.reason}")
    asked = [
        *truth.edges(case.rows),
        *generate_rows(truth.scorer, truth.fields_only(), rows, seed=seed_of(case)),
    ]
    compared = truth.compared(asked, refused=case.refused, rtol=case.rtol)
    proof.differences += [f"{each}; {asked[each.index]}" for each in compared.differences[:3]]
    missing = {stage for stage in (case.stage, *case.also) if stage not in truth.scorer.description.stages}
    proof.differences += [f"no {stage} was compiled" for stage in sorted(missing)]
    code = generate_code(truth.scorer.description)
    for at in compared.places:
        proof.add(asked[at], truth.scorer.answer(asked[at]), code.boundaries, code.known_values)
    proof.see(fitted, truth.stored)
    return proof


def seed_of(case: Case) -> int:
    """Return a number that is the same for a case wherever it is proved: fewer rows are then the first of more."""
    return crc32(str(case).encode())


def main(arguments: list[str]) -> int:
    """Prove every case, print the page, and write it where that is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200, help="random rows a case, beside those at the edges")
    parser.add_argument("--only", default="", help="cases whose name holds this text")
    parser.add_argument("--write", action="store_true", help="write docs/stages.md")
    given = parser.parse_args(arguments)
    logging.getLogger("SQLQueryContextLogger").setLevel(
        logging.CRITICAL
    )  # Spark's refusals are what is asked for
    cases = [case for case in load_cases() if given.only.lower() in str(case).lower()]
    with tempfile.TemporaryDirectory() as work:
        root = Path(work)
        spark = {
            "master": "local[2]",
            "conf": {"spark.sql.shuffle.partitions": 2, "spark.driver.memory": "3g"},
        }
        settings = Settings.model_validate(
            {
                "root": root,
                "env": "base",
                "state": root / "state",
                "warehouse": str(root / "w"),
                "spark": spark,
            }
        )
        starter = Starter(settings, app="parity")
        try:
            proofs = _all(cases, starter.session(), root, given.rows)
            made = page(proofs, spark=starter.session().version, rows=given.rows)
        finally:
            starter.stop()
    if given.write:
        PAGE.write_text(made, "utf-8")
    print(made)
    return int(any(proof.differences for proof in proofs))


def _all(cases: list[Case], spark: Any, root: Path, rows: int) -> list[Proof]:
    frames = {name: FRAMES[name](spark).cache() for name in sorted({case.frame for case in cases})}
    proofs = []
    for at, case in enumerate(cases):
        proof = prove(case, frames[case.frame], root / str(at), rows)
        proofs.append(proof)
        told = "; ".join(proof.differences) or "equal"
        print(f"{at + 1}/{len(cases)} {case}: {proof.rows:,} rows, {told}", file=sys.stderr, flush=True)
    return proofs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
