"""Data-validation checkpoints by Great Expectations: suites, the gate before publishing, Data Docs."""
