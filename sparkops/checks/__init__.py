"""Data checks by Great Expectations: suites, the gate before publication, Data Docs, drafts of suites."""
