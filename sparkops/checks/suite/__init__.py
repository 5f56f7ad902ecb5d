"""The suite of a table: parsed, validated against columns, compared with a profile."""
