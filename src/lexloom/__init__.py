"""lexloom: from a text corpus to word vectors and recurrent language models, every layer written out."""

__version__ = "0.1.0"
