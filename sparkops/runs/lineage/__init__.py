"""Which runs made which versions of tables and models, from which others."""
