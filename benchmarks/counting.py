"""Counting pairs, weighting them."""

from functools import partial

from harness import Inputs, Stage, Work

WINDOW = 5
WINDOWS = (2, 5, 10)


def count(inputs: Inputs, window: int) -> Work:
    """lexloom: row by row into one dense row of sums."""
    from lexloom.kernels.backend import get_backend
    from lexloom.vectors.cooccurrence import count_cooccurrences

    get_backend(threads=inputs.threads)
    ids = inputs.ids()
    size = int(ids.max()) + 1
    count_cooccurrences(ids[:1000], size, window)

    def work() -> int:
        count_cooccurrences(ids, size, window)
        return len(ids)

    return work


def count_by_sums(inputs: Inputs, window: int) -> Work:
    """SciPy: a matrix of pairs for each distance, added up, and mirrored at the end."""
    import numpy as np
    from scipy import sparse

    ids = inputs.ids()
    size = int(ids.max()) + 1

    def work() -> int:
        counts = sparse.csr_array((size, size), dtype=np.int64)
        for distance in range(1, window + 1):
            ones = np.ones(len(ids) - distance, np.int64)
            counts = (
                counts + sparse.coo_array((ones, (ids[:-distance], ids[distance:])), (size, size)).tocsr()
            )
        counts + counts.T.tocsr()
        return len(ids)

    return work


def count_by_product(inputs: Inputs, window: int) -> Work:
    """SciPy: a row of words after each place, times the word at each place, and mirrored."""
    import numpy as np
    from scipy import sparse

    ids = inputs.ids()
    size = int(ids.max()) + 1

    def work() -> int:
        padded = np.append(ids[1:], np.full(window, size, ids.dtype))
        after = np.lib.stride_tricks.sliding_window_view(padded, window).ravel()
        starts = np.arange(0, len(after) + 1, window)
        words = sparse.csr_array((np.ones(len(ids), np.int64), ids, np.arange(len(ids) + 1)))
        contexts = sparse.csr_array((np.ones(len(after), np.int64), after, starts), (len(ids), size + 1))
        counts = (words.T @ contexts)[:, :size]
        counts + counts.T.tocsr()
        return len(ids)

    return work


def count_by_vectorizer(inputs: Inputs, window: int) -> Work:
    """scikit-learn: the words after each place as a document, times the word at each place, and mirrored."""
    from sklearn.feature_extraction.text import CountVectorizer

    ids = inputs.ids().tolist()
    vocabulary = {word: word for word in range(max(ids) + 1)}

    def work() -> int:
        vectorizer = CountVectorizer(analyzer=list, vocabulary=vocabulary)
        words = vectorizer.transform([word] for word in ids)
        contexts = vectorizer.transform(ids[place : place + window] for place in range(1, len(ids) + 1))
        counts = words.T @ contexts
        counts + counts.T.tocsr()
        return len(ids)

    return work


def count_by_loop(inputs: Inputs, window: int) -> Work:
    """Plain Python, as in the book: a loop over a part of the text into a dense matrix."""
    import numpy as np

    ids = inputs.ids(100_000)
    size = int(ids.max()) + 1

    def work() -> int:
        counts = np.zeros((size, size), np.int32)
        for position, word in enumerate(ids):
            for distance in range(1, window + 1):
                if position - distance >= 0:
                    counts[word, ids[position - distance]] += 1
                if position + distance < len(ids):
                    counts[word, ids[position + distance]] += 1
        return len(ids)

    return work


COUNTING = {
    "SciPy (sums)": count_by_sums,
    "SciPy (product)": count_by_product,
    "scikit-learn": count_by_vectorizer,
    "plain Python (book)": count_by_loop,
}


def weight(inputs: Inputs) -> Work:
    """lexloom: over the counted cells, in float64."""
    from lexloom.vectors.ppmi import weight_ppmi

    counts = inputs.artifact("data/ptb/cooccurrences.h5", "cooccurrences")["counts"]
    tokens = inputs.train_tokens()

    def work() -> int:
        weight_ppmi(counts, smoothing=1, shift=0)
        return tokens

    return work


def weight_by_scipy(inputs: Inputs) -> Work:
    """SciPy: products with two diagonal matrices."""
    import numpy as np
    from scipy import sparse

    counts = inputs.artifact("data/ptb/cooccurrences.h5", "cooccurrences")["counts"]
    tokens = inputs.train_tokens()

    def work() -> int:
        words, contexts = counts.sum(axis=1), counts.sum(axis=0)
        ratios = sparse.diags_array(1 / words) @ counts @ sparse.diags_array(words.sum() / contexts)
        ratios.data = np.maximum(np.log2(ratios.data), 0).astype(np.float32)
        ratios.eliminate_zeros()
        return tokens

    return work


STAGES = [
    *(
        Stage(
            f"count, window {window}",
            partial(count, window=window),
            {name: partial(side, window=window) for name, side in COUNTING.items()},
        )
        for window in WINDOWS
    ),
    Stage("PPMI", weight, {"SciPy": weight_by_scipy}),
]
