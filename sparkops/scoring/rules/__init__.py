"""Row rules at scoring time: compiled to a row predicate, evaluated on batches, applied before a row is scored."""
