"""Named streams of random numbers, all spawned from one seed."""

from functools import lru_cache

import numpy as np

STREAMS = ("init", "shuffle", "dropout", "negatives", "subsample", "generate", "svd", "windows", "split")


def random_stream(seed: int, name: str) -> np.random.Generator:
    """Return the generator of the stream `name`, independent of every other stream of the same seed.

    Parameters
    ----------
    seed : int
        The seed that a person sets; equal seeds give equal streams on every machine.
    name : str
        One of `STREAMS`. Adding a name at the end of `STREAMS` leaves the earlier streams as they are.
    """
    return np.random.Generator(np.random.PCG64(_seed_of(seed, name)))


def epoch_stream(seed: int, name: str, epoch: int, place: int = 0) -> np.random.Generator:
    """Return the generator of one place in one epoch, by counting (Philox; Salmon et al. 2011).

    What is drawn there does not depend on other epochs and places, so that a training can resume anywhere.
    """
    return _by_counting(_key_of(seed, name), place, epoch)


def part_stream(key: np.ndarray, part: int) -> np.random.Generator:
    """Return the generator of one part of a batch, by counting, with the key (2,) of the batch."""
    return _by_counting(key, part, 0)


def _by_counting(key: np.ndarray, place: int, epoch: int) -> np.random.Generator:
    bits = np.random.Philox(0)  # quicker than with a key, for which NumPy asks the system for random numbers
    state = bits.state
    state["state"]["counter"][:] = 0, 0, place, epoch
    state["state"]["key"][:] = key
    bits.state = state
    return np.random.Generator(bits)


@lru_cache
def _key_of(seed: int, name: str) -> np.ndarray:
    return _seed_of(seed, name).generate_state(2, np.uint64)


def _seed_of(seed: int, name: str) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(STREAMS.index(name),))
