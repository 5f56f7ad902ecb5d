"""The HTTP interface of the service, one module for each kind of resource."""
