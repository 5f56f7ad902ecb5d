"""Names of the files of a model. They are persisted."""

from __future__ import annotations

# Folder of the compiled scorer, in the model's folder, and its files.
SCORER = "scorer"
DESCRIPTION, ARRAYS = "description.json", "arrays.npz"
CERTIFICATE = "certificate.jsonl"
# In the model's folder.
FACTS = "sparkops.json"
# Folder of Python code: the scoring package, and the modules of the model's own stages.
CODE = "code"
# In the folder of a model of another library, and in that of a Spark model whose rows a local Spark scores.
FLAVOR, SPARK_MANIFEST = "flavor.json", "spark.json"
MANIFESTS = (FLAVOR, SPARK_MANIFEST)
# Tag of a version of such a model: the hash of that file.
MANIFEST_HASH_TAG = "sparkops.seal"
