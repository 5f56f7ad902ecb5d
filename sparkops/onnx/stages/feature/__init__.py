"""Feature transformers; those that read columns of any type are directly in this package."""
