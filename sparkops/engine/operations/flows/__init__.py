"""Parts of flows: their plan, what is skipped, and what earlier runs published."""
