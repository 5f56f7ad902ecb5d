"""What a job declares that it returns: the options of its decorator, its return type and its writes."""
