"""Text and token columns, and the murmur3 hash."""
