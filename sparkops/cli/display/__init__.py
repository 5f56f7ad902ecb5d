"""What commands print: tables, lines and the live progress of a run."""
