"""Facts of tables, checks, models and quarantines as the JSON values of records, tags and `--json`.

The keys are a format (docs/reference/file-formats.md): a field may get another name, its key may not.
"""
