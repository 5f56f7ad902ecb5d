"""Load of `sparkops api` by many clients over sockets."""
