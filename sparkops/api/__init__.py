"""Jobs as a service: requests over HTTP, a queue in a database, and processes with Spark that execute the runs."""
