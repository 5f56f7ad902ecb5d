"""What the files of a model are called."""

from __future__ import annotations

SCORER = "scorer"  # folder of the compiled scorer, in the model's folder
DESCRIPTION, ARRAYS = "description.json", "arrays.npz"
CERTIFICATE = "certificate.jsonl"  # beside them
FACTS = "sparkops.json"  # in the model's folder
FLAVOR = "flavor.json"  # in the folder of a model that is no Spark model
SEAL = "sparkops.seal"  # tag of such a version: the hash of that file
