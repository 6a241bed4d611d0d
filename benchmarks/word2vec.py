"""Training CBOW and skip-gram with negative sampling: one epoch on a part of the text, as configured.

gensim reads the text in pieces of 10,000 words, across the ends of sentences like lexloom, with full windows.
"""

from functools import partial

from harness import Inputs, Stage, Work

TOKENS = 400_000
PIECE = 10_000


def ours(inputs: Inputs, model: str, key: str) -> Work:
    """lexloom: minibatches, the fused kernel."""
    import numpy as np

    from lexloom.backend import get_backend
    from lexloom.context_batches import ContextBatches, create_contexts
    from lexloom.models.word2vec import MODELS, FusedNegativeSampling
    from lexloom.optimizers import OPTIMIZERS
    from lexloom.randomness import random_stream
    from lexloom.trainer import Trainer

    backend = get_backend(threads=inputs.threads)
    settings, window = inputs.config()["word2vec"][key], inputs.config()["word2vec"]["window"]
    ids = inputs.ids(TOKENS)
    size = int(ids.max()) + 1
    predict = "target" if key == "cbow" else "contexts"

    def train(ids: np.ndarray) -> int:
        network = MODELS[model](size, settings["dimension"], random_stream(1, "init"), backend)
        batches = ContextBatches(
            ids,
            create_contexts(ids, window),
            np.bincount(ids, minlength=size),
            predict,
            settings["batch"],
            settings["negatives"],
            settings["subsample"],
            seed=1,
        )
        optimizer = OPTIMIZERS[settings["optimizer"]]()
        Trainer(FusedNegativeSampling(network), optimizer, settings["learning_rate"]).fit(1, batches)
        return len(ids)

    train(ids[:1000])
    return partial(train, ids)


def gensim(inputs: Inputs, skip_gram: int, key: str) -> Work:
    """Gensim: word by word, threads that write over each other."""
    from gensim.models import Word2Vec

    config = inputs.config()["word2vec"]
    settings = config[key]
    words = [str(word) for word in inputs.ids(TOKENS)]
    texts = [words[start : start + PIECE] for start in range(0, len(words), PIECE)]
    model = Word2Vec(
        sg=skip_gram,
        vector_size=settings["dimension"],
        window=config["window"],
        negative=settings["negatives"],
        sample=settings["subsample"],
        min_count=1,
        shrink_windows=False,
        workers=inputs.threads,
        seed=1,
    )
    model.build_vocab(texts)

    def work() -> int:
        model.train(texts, total_examples=len(texts), epochs=1)
        return len(words)

    return work


STAGES = [
    Stage(
        "CBOW",
        partial(ours, model="cbow", key="cbow"),
        {"gensim": partial(gensim, skip_gram=0, key="cbow")},
    ),
    Stage(
        "skip-gram",
        partial(ours, model="skip-gram", key="skipgram"),
        {"gensim": partial(gensim, skip_gram=1, key="skipgram")},
    ),
]
