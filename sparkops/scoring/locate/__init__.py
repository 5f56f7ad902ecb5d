"""Find the folder of a registered model without MLflow."""
