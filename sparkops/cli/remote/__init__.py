"""Commands of `sparkops --remote URL`: they ask a service that is started by `sparkops api`, without a project here."""
