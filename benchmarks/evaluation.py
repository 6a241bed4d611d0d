"""Answering the analogy questions with the SVD vectors of PTB, by 3CosAdd."""

from harness import Inputs, Stage, Work

QUESTIONS = "data/eval/questions-words.txt"


def ours(inputs: Inputs) -> Work:
    """lexloom: all questions in tiles of the vocabulary."""
    import numpy as np

    from lexloom.backend import get_backend
    from lexloom.evaluation import read_analogies
    from lexloom.vectors import read_vectors

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
    from gensim.models import KeyedVectors

    svd = inputs.artifact("results/ptb/svd.h5", "vectors")
    vectors = KeyedVectors(svd["vectors"].shape[1])
    vectors.add_vectors(svd["words"], svd["vectors"])

    def work() -> int:
        vectors.evaluate_word_analogies(QUESTIONS)
        with open(QUESTIONS, encoding="utf-8") as file:
            return sum(not line.startswith(":") for line in file)

    return work


STAGES = [Stage("evaluate vectors", ours, {"gensim": gensim}, unit="questions/s")]
