"""Publishing what a job returned: staged, checked, then all tables or none."""
