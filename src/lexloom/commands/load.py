"""Opening what was trained, whatever it is: `lexloom.load`."""

from pathlib import Path
from typing import TYPE_CHECKING

from lexloom.settings.execution import Device
from lexloom.storage.artifacts import read_artifact
from lexloom.vectors.word_vectors import KINDS, WordVectors, is_foreign, read_vectors, vectors_of

if TYPE_CHECKING:
    from lexloom.language.trained import LanguageModel


def load(path: str | Path, device: Device = "cpu", threads: int = 1) -> "WordVectors | LanguageModel":
    """Read word vectors or a language model from a file.

    Parameters
    ----------
    path : path
        A file of `results/`, or `data/{corpus}/ppmi.h5`, whose rows are vectors. Word vectors of other
        programs are read too: word2vec (text and binary), GloVe and fastText (`.vec`), unpacked.
    device : {"cpu", "cuda"}
        Where a recurrent language model computes.
    threads : int
        CPU threads of a language model.

    Returns
    -------
    WordVectors or LanguageModel

    Raises
    ------
    LexloomError
        If the file is missing, damaged or holds something else; the message says which.

    Examples
    --------
    >>> import lexloom
    >>> vectors = lexloom.load("results/sample/skipgram.h5")  # doctest: +SKIP
    >>> vectors.most_similar("king", count=3)  # doctest: +SKIP
    >>> model = lexloom.load("results/sample/rnnlm/lstm_small.h5")  # doctest: +SKIP
    >>> model.surprisal("the king sees the queen")  # doctest: +SKIP
    """
    if is_foreign(path):
        return read_vectors(path)
    artifact = read_artifact(path, (*KINDS, "rnnlm", "ngram"))
    if artifact.kind in KINDS:
        return vectors_of(artifact)
    from lexloom.kernels.backend import get_backend  # which loads Numba, and vectors do without
    from lexloom.language.trained import language_model_of

    return language_model_of(artifact, get_backend(device, threads))
