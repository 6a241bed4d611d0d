"""Make word vectors from a PPMI matrix by truncated singular value decomposition."""

import argparse

from lexloom.commands.script import parse, progress, run, script_parser
from lexloom.settings.execution import Seed, Threads
from lexloom.settings.svd import Svd
from lexloom.settings.vectors import Vectors


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Svd, Vectors, Seed, Threads)
    parser.add_argument("ppmi", help="weighted pairs, HDF5 of kind ppmi")
    parser.add_argument("--output", required=True, help="the word vectors, HDF5 of kind vectors")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.kernels.backend import get_backend
from lexloom.storage.artifact_writing import Dataset, Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact
from lexloom.training.randomness import random_stream
from lexloom.vectors.svd import truncated_svd, word_vectors


def main(options: argparse.Namespace) -> None:
    """Read the matrix, factorize it, write the vectors."""
    settings, precision = Svd.of(options), Vectors.of(options)
    get_backend(threads=options.threads)
    weighted = read_artifact(options.ppmi, "ppmi")
    rng = random_stream(options.seed, "svd")
    with progress(total=settings.dimension, unit="vector", desc="svd") as bar:
        left, values, right = truncated_svd(
            weighted["ppmi"], settings.dimension, rng, report=lambda converged: bar.update(converged - bar.n)
        )
    vectors = word_vectors(left, values, right, settings.exponent, settings.add_contexts)
    datasets = {
        "vectors": Dataset(vectors.astype(precision.precision), ("word", "dimension")),
        "singular_values": Dataset(values, ("dimension",), "bits"),
        "words": weighted["words"],
    }
    recorded = weighted.settings | dict(settings) | dict(precision)
    write_artifact(
        options.output, "vectors", datasets, Provenance(recorded, [options.ppmi], seed=options.seed)
    )


if __name__ == "__main__":
    run(main, OPTIONS)
