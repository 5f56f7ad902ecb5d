"""Names of the files of a model. They are persisted."""

from __future__ import annotations

# Folder of the compiled scorer, in the model's folder, and its files.
SCORER = "scorer"
DESCRIPTION, ARRAYS = "description.json", "arrays.npz"
CERTIFICATE = "certificate.jsonl"
# In the model's folder.
FACTS = "sparkops.json"
# In the folder of a model of another library.
FLAVOR = "flavor.json"
# Tag of a version of such a model: the hash of that file.
MANIFEST_HASH_TAG = "sparkops.seal"
