"""Data checks by Great Expectations: suites, the gate before publication, drafts of suites."""
