"""What an author says: jobs, their parameters, what they return, and the order they stand in. No Spark."""
