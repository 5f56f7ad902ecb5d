"""The two libraries that commit to Delta tables and read them, behind one protocol."""
