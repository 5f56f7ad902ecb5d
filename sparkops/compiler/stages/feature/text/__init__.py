"""Text and tokens: tokenizers, term frequencies, word vectors."""
