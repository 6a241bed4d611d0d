"""Make word vectors of a PPMI matrix by truncated singular value decomposition."""

import argparse

from lexloom.commands.script import at_least, between, progress, run, script_parser
from lexloom.kernels.backend import get_backend
from lexloom.storage.artifacts import Dataset, Provenance, read_artifact, write_artifact
from lexloom.training.randomness import random_stream
from lexloom.vectors.svd import truncated_svd, word_vectors

SETTINGS = ("dimension", "exponent", "add_contexts", "precision")


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("ppmi", help="weighted pairs, HDF5 of kind ppmi")
    parser.add_argument("--output", required=True, help="the word vectors, HDF5 of kind vectors")
    parser.add_argument(
        "--dimension",
        type=at_least(1),
        default=100,
        help="numbers in a vector, from 1, less than there are words",
    )
    parser.add_argument(
        "--exponent",
        type=between(0, 1),
        default=0.5,
        help="power of the singular values that scale the vectors: 0 scales nothing, 1 as in the matrix",
    )
    parser.add_argument(
        "--add-contexts",
        action="store_true",
        help="add to each vector that of the same word as a context",
    )
    parser.add_argument(
        "--precision", choices=("float32", "float16"), default="float32", help="of the vectors written"
    )
    parser.add_argument("--seed", type=at_least(0), default=1, help="seed of the random start")
    parser.add_argument(
        "--threads", type=at_least(1), default=1, help="CPU threads; the result does not depend on it"
    )
    return parser


def main(given: argparse.Namespace) -> None:
    """Read the matrix, factorize it, write the vectors."""
    get_backend(threads=given.threads)
    weighted = read_artifact(given.ppmi, "ppmi")
    rng = random_stream(given.seed, "svd")
    with progress(total=given.dimension, unit="vector", desc="svd") as bar:
        left, values, right = truncated_svd(
            weighted["ppmi"], given.dimension, rng, report=lambda converged: bar.update(converged - bar.n)
        )
    vectors = word_vectors(left, values, right, given.exponent, given.add_contexts).astype(given.precision)
    datasets = {
        "vectors": Dataset(vectors, ("word", "dimension")),
        "singular_values": Dataset(values, ("dimension",), "bits"),
        "words": weighted["words"],
    }
    settings = weighted.settings | {name: getattr(given, name) for name in SETTINGS}
    write_artifact(given.output, "vectors", datasets, Provenance(settings, [given.ppmi], seed=given.seed))


if __name__ == "__main__":
    run(main, options())
