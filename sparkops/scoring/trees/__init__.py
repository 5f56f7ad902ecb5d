"""Tree ensembles and their evaluators."""
