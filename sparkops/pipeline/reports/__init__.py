"""Reports that jobs declare: what they contain, and how their values are written."""
