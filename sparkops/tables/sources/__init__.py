"""Read-only sources: files and tables that are not Delta."""
