"""Word vectors by gensim, to compare with those of `lexloom.vectors.word2vec`.

One thread trains: with more, gensim gives other bits each time.
"""

from collections.abc import Callable, Iterator

import numpy as np

from lexloom.errors import LexloomError
from lexloom.settings.gensim import GensimModel

PIECE = 10_000
"""The words of a piece of text; gensim leaves out what is beyond."""


class Pieces:
    """The text in pieces that gensim reads whole, as often as asked for; its windows end with a piece."""

    def __init__(self, ids: np.ndarray, words: list[str], advance: Callable[[int], object]):
        self.ids, self.words, self.advance = ids, words, advance

    def __iter__(self) -> Iterator[list[str]]:
        for start in range(0, len(self.ids), PIECE):
            piece = self.ids[start : start + PIECE].tolist()
            yield [self.words[word] for word in piece]
            self.advance(len(piece))


def train_gensim(
    ids: np.ndarray,
    words: list[str],
    model: str,
    settings: GensimModel,
    seed: int,
    advance: Callable[[int], object] = lambda count: None,
) -> tuple[np.ndarray, str]:
    """Return gensim's vectors, and its version.

    Parameters
    ----------
    ids : (T,) int array
    words : list of V str
    model : {"cbow", "skip-gram"}
    settings : GensimModel
    seed : int
    advance : callable
        Called with the number of words of each piece that is read. The text is read once before the first
        epoch.

    Returns
    -------
    vectors : (V, D) float32 array
        Zeros for words that do not occur.
    version : str

    Raises
    ------
    LexloomError
        If gensim is not installed, or its training diverged.
    """
    try:
        import gensim
        from gensim.models import Word2Vec
    except ImportError as error:
        raise LexloomError(
            f"gensim: {error}; install it, for example by pip install -e '.[bench]'"
        ) from error

    keyed = Word2Vec(
        Pieces(ids, words, advance),
        sg=int(model == "skip-gram"),
        vector_size=settings.dimension,
        window=settings.window,
        epochs=settings.epochs,
        negative=settings.negatives,
        sample=settings.subsample,
        alpha=settings.learning_rate,
        min_count=1,
        workers=1,
        seed=seed,
    ).wv
    vectors = np.zeros((len(words), settings.dimension), np.float32)
    for word, row in zip(words, vectors, strict=True):
        if word in keyed:
            row[:] = keyed[word]
    if not np.isfinite(vectors).all():
        raise LexloomError(
            f"gensim: the vectors are not finite; lower learning_rate ({settings.learning_rate})"
        )
    return vectors, gensim.__version__
