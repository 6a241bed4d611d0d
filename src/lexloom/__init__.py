"""lexloom: word vectors and recurrent language models, every layer written out.

A notebook finds what it needs here; it is loaded when it is first used:

- `load`: word vectors or a language model from any file that lexloom made; word vectors of word2vec, GloVe
  and fastText too
- `train_vectors`: word vectors from sentences, by skipgram, cbow, svd or ppmi
- `WordVectors`: nearest words, similarity, analogies
- `evaluate_word_pairs`: score of vectors on word pairs that people rated
- `evaluate_word_analogies`: score of vectors on analogy questions
- `train_language_model`: a language model from sentences, an lstm, gru, rnn or ngram
- `LanguageModel`: perplexity, the surprisal of each word, generated text
- `Tokenizer`: how a string is cut into words
- `sample_sentences`: sentences of a small English, to try things on
- `LexloomError`: a mistake in a file or an argument; the message says what to do

The layers, the training loop and the kernels are in `lexloom.nn`, `lexloom.training` and `lexloom.kernels`.

Examples
--------
Word vectors:

>>> import lexloom
>>> sentences = lexloom.sample_sentences(tokens=50_000)
>>> sentences[0]
'hugo sailed to madrid'
>>> vectors = lexloom.train_vectors(sentences, "svd", window=2, dimension=50)
>>> [(word, round(cosine, 1)) for word, cosine in vectors.most_similar("cat", count=2)]
[('dog', 0.9), ('horse', 0.8)]
>>> vectors.similarity("cat", "dog") > vectors.similarity("cat", "paris")
True
>>> vectors.most_similar("helsinky")  # doctest: +ELLIPSIS
Traceback (most recent call last):
lexloom.errors.LexloomError: 'helsinky': not among the 966 words of these vectors; did you mean helsinki ...

Language models:

>>> model = lexloom.train_language_model(sentences, "ngram", order=3)
>>> model.perplexity("the king sleeps") < model.perplexity("sleeps king the")
True
>>> words = [word for word, bits in model.surprisal("the king sleeps")]
>>> words
['the', 'king', 'sleeps', '<eos>']
>>> text = " ".join(model.generate("the king", tokens=10, rng=1))
>>> text.startswith("the king")
True

From a file, such as those of the pipeline:

>>> vectors = lexloom.load("results/sample/skipgram.h5")  # doctest: +SKIP
>>> "king" in vectors, vectors["king"].shape  # doctest: +SKIP
(True, (100,))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lexloom.commands.load import load
    from lexloom.corpus.sample.texts import sample_sentences
    from lexloom.corpus.tokenizer import Tokenizer
    from lexloom.errors import LexloomError
    from lexloom.language.train import train_language_model
    from lexloom.language.trained import LanguageModel
    from lexloom.vectors.scores import evaluate_word_analogies, evaluate_word_pairs
    from lexloom.vectors.train import train_vectors
    from lexloom.vectors.word_vectors import WordVectors

__version__ = "0.1.0"

__all__ = [
    "LanguageModel",
    "LexloomError",
    "Tokenizer",
    "WordVectors",
    "evaluate_word_analogies",
    "evaluate_word_pairs",
    "load",
    "sample_sentences",
    "train_language_model",
    "train_vectors",
]

# Strings, not imports: `import lexloom` loads nothing, and a stage depends only on the modules that it uses.
_MODULE_OF = {
    "LanguageModel": "lexloom.language.trained",
    "LexloomError": "lexloom.errors",
    "Tokenizer": "lexloom.corpus.tokenizer",
    "WordVectors": "lexloom.vectors.word_vectors",
    "evaluate_word_analogies": "lexloom.vectors.scores",
    "evaluate_word_pairs": "lexloom.vectors.scores",
    "load": "lexloom.commands.load",
    "sample_sentences": "lexloom.corpus.sample.texts",
    "train_language_model": "lexloom.language.train",
    "train_vectors": "lexloom.vectors.train",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for the first time (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'lexloom' has no attribute {name!r}")
    value = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
