"""Tokenizing: the text files of train, valid and test to word ids and a vocabulary."""

from harness import Inputs, Stage, Work

FILES = {name: f"data/ptb/ptb.{name}.txt" for name in ("train", "valid", "test")}


def ours(inputs: Inputs) -> Work:
    """lexloom: streams, checks, counts."""
    from lexloom.corpus.reading import read_corpus
    from lexloom.settings.tokenize import Tokenize

    files = {name: [path] for name, path in FILES.items()}
    read_corpus({"train": files["test"]}, Tokenize())

    def work() -> int:
        corpus = read_corpus(files, Tokenize())
        return len(corpus.train) + len(corpus.valid) + len(corpus.test)

    return work


def plain_python(inputs: Inputs) -> Work:
    """Plain Python, as in the book: a file in one string, a dictionary."""
    import numpy as np

    def work() -> int:
        ids, tokens = {}, 0
        for path in FILES.values():
            with open(path, encoding="utf-8") as file:
                words = file.read().replace("\n", "<eos>").split()
            for word in words:
                ids.setdefault(word, len(ids))
            tokens += len(np.array([ids[word] for word in words]))
        return tokens

    return work


STAGES = [Stage("tokenize", ours, {"plain Python (book)": plain_python})]
