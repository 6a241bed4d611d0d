"""Using the SVD vectors of PTB, 10,000 x 100: analogy questions by 3CosAdd, and the ten nearest words."""

from typing import Any

from harness import Inputs, Stage, Work

QUESTIONS = "data/eval/questions-words.txt"
QUERIES = 1000
NEAREST = 10


def ours(inputs: Inputs) -> Work:
    """lexloom: all questions in tiles of the vocabulary."""
    import numpy as np

    from lexloom.kernels.backend import get_backend
    from lexloom.vectors.test_sets import read_analogies
    from lexloom.vectors.word_vectors import read_vectors

    get_backend(threads=inputs.threads)
    vectors = read_vectors("results/ptb/svd.h5")

    def work() -> int:
        questions = read_analogies(QUESTIONS)
        ids = np.stack([vectors.find(column) for column in zip(*questions, strict=True)], axis=1)
        vectors.complete_analogies(ids[(ids >= 0).all(axis=1), :3], "3CosAdd")
        return len(questions)

    return work


def gensim(inputs: Inputs) -> Work:
    """Gensim: question by question."""
    vectors = keyed_vectors(inputs)

    def work() -> int:
        vectors.evaluate_word_analogies(QUESTIONS)
        with open(QUESTIONS, encoding="utf-8") as file:
            return sum(not line.startswith(":") for line in file)

    return work


def keyed_vectors(inputs: Inputs) -> Any:
    """Return gensim's form of the vectors."""
    from gensim.models import KeyedVectors

    svd = inputs.artifact("results/ptb/svd.h5", "vectors")
    vectors = KeyedVectors(svd["vectors"].shape[1])
    vectors.add_vectors(svd["words"], svd["vectors"])
    return vectors


def nearest_at_once(inputs: Inputs) -> Work:
    """lexloom: one product for all queries."""
    from lexloom.kernels.backend import get_backend
    from lexloom.vectors.word_vectors import read_vectors

    get_backend(threads=inputs.threads)
    vectors = read_vectors("results/ptb/svd.h5")
    queries = vectors.words[:QUERIES]
    vectors.nearest(vectors.ids(queries[:2]), NEAREST)

    def work() -> int:
        vectors.nearest(vectors.ids(queries), NEAREST)
        return len(queries)

    return work


def nearest_in_turn(inputs: Inputs) -> Work:
    """lexloom: query by query."""
    from lexloom.kernels.backend import get_backend
    from lexloom.vectors.word_vectors import read_vectors

    get_backend(threads=inputs.threads)
    vectors = read_vectors("results/ptb/svd.h5")
    for word in vectors.words[:101]:  # after a hundred, a coarse copy is made
        vectors.nearest(vectors.ids([word]), NEAREST)

    def work() -> int:
        for word in vectors.words[:QUERIES]:
            vectors.nearest(vectors.ids([word]), NEAREST)
        return QUERIES

    return work


def nearest_by_gensim(inputs: Inputs) -> Work:
    """Gensim: query by query."""
    vectors = keyed_vectors(inputs)
    vectors.most_similar(vectors.index_to_key[0], topn=NEAREST)

    def work() -> int:
        for word in vectors.index_to_key[:QUERIES]:
            vectors.most_similar(word, topn=NEAREST)
        return QUERIES

    return work


STAGES = [
    Stage("evaluate vectors", ours, {"gensim": gensim}, unit="questions/s"),
    Stage("nearest words, in turn", nearest_in_turn, {"gensim": nearest_by_gensim}, unit="queries/s"),
    Stage("nearest words, at once", nearest_at_once, {"gensim": nearest_by_gensim}, unit="queries/s"),
]
