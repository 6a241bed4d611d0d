"""Hold vectors learned by lexloom and by gensim against people's judgements, over several seeds.

Both train on PTB as in word2vec.py, for equally many epochs. A cell is the mean of Spearman's correlation
over the seeds and its 95 % interval by Student's t.
"""

import argparse
import statistics
from collections.abc import Iterator

from harness import Inputs
from word2vec import SIZES, gensim_model, lexloom_model

SETS = {
    "WordSim-353": "data/eval/wordsim353.tsv",
    "SimLex-999": "data/eval/simlex999.txt",
    "MEN": "data/eval/men.txt",
}
EPOCHS = {"cbow": (5, 10, 20), "skip-gram": (5, 10)}


def main() -> None:
    """Train, evaluate, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    inputs = Inputs(given.threads)
    corpus = inputs.artifact("data/ptb/corpus.h5", "corpus")
    print(f"{'model':10} {'epochs':>6} {'program':8}", *(f"{name:>15}" for name in SETS), f"{'mean':>15}")
    for model, choices in EPOCHS.items():
        for epochs in choices:
            for program, vectors_of in {"lexloom": ours, "gensim": theirs}.items():
                scores = [
                    list(
                        correlations(vectors_of(corpus, model, epochs, seed, given.threads), corpus["words"])
                    )
                    for seed in range(1, given.seeds + 1)
                ]
                columns = [*zip(*scores, strict=True), [statistics.fmean(row) for row in scores]]
                print(f"{model:10} {epochs:6} {program:8}", *map(cell, columns), flush=True)


def ours(corpus, model: str, epochs: int, seed: int, threads: int):
    """Return lexloom's vectors."""
    dimension, window = SIZES["dimension 100, window 5"]
    fit = lexloom_model(corpus["train"], len(corpus["words"]), model, dimension, window, seed, threads)
    return fit(epochs)


def theirs(corpus, model: str, epochs: int, seed: int, threads: int):
    """Return gensim's vectors, in the order of the corpus's words."""
    import numpy as np

    dimension, window = SIZES["dimension 100, window 5"]
    fit = gensim_model(corpus["train"], int(model == "skip-gram"), dimension, window, seed, threads)
    keyed = fit(epochs).wv
    return np.stack([keyed[str(word)] for word in range(len(corpus["words"]))])


def correlations(vectors, words) -> Iterator[float]:
    """Yield Spearman's correlation with each test set."""
    from lexloom.vectors.scores import score_similarity
    from lexloom.vectors.test_sets import read_similarity_set
    from lexloom.vectors.word_vectors import WordVectors

    for name, path in SETS.items():
        yield score_similarity(WordVectors(words, vectors), name, *read_similarity_set(path)).value


def cell(values) -> str:
    """Return the mean and half of the 95 % interval."""
    from scipy.stats import t

    half = t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / len(values) ** 0.5
    return f"{statistics.fmean(values):.3f} ± {half:.3f}".rjust(15)


if __name__ == "__main__":
    main()
