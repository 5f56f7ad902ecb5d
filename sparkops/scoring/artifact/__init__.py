"""The files of a compiled scorer: description, arrays and parity certificate."""
