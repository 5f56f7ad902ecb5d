"""The description of the HTTP interface: OpenAPI 3.1, with the parameters of every job."""
