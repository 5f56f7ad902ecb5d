"""Data checks by Great Expectations: suites, the checkpoints before publication, drafts of suites."""
