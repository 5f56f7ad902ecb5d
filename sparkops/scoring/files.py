"""What the files of a model are called."""

from __future__ import annotations

SCORER = "scorer"  # folder of the compiled scorer, in the model's folder
DESCRIPTION, ARRAYS = "description.json", "arrays.npz"
CERTIFICATE = "certificate.jsonl"  # beside them
FACTS = "sparkops.json"  # in the model's folder
