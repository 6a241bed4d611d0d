"""Named streams of random numbers, all spawned from one seed."""

import numpy as np

STREAMS = ("init", "shuffle", "dropout", "negatives", "subsample", "generate", "svd")


def random_stream(seed: int, name: str) -> np.random.Generator:
    """Return the generator of the stream `name`, independent of every other stream of the same seed.

    Parameters
    ----------
    seed : int
        The seed that a person sets; equal seeds give equal streams on every machine.
    name : str
        One of `STREAMS`. Adding a name at the end of `STREAMS` leaves the earlier streams as they are.
    """
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(STREAMS.index(name),)))
    )
