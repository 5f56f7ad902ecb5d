"""Categories: indices, one-hot vectors, target encoding."""
