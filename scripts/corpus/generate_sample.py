"""Generate the sample corpus from a small grammar of English.

Three texts, and a file with the words' classes, analogies, and the perplexity of the test text under the
grammar, the best that a model can expect.
"""

import argparse
from itertools import chain

from lexloom.commands.script import parse, run, script_parser
from lexloom.settings.execution import Seed
from lexloom.settings.generate import SHARES, Generated


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Generated, Seed)
    for split, share in SHARES.items():
        parser.add_argument(
            f"--{split}",
            required=True,
            metavar="FILE",
            help=f"the {split} text, {100 * share:g} %% of all tokens",
        )
    parser.add_argument(
        "--output", required=True, metavar="FILE", help="what is known of the corpus, HDF5 of kind gold"
    )
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np

from lexloom.corpus.sample.texts import GRAMMAR, analogies, generate_texts, perplexity, word_classes
from lexloom.storage.artifact_writing import Dataset, Provenance, write_artifact
from lexloom.storage.atomic_files import write_lines
from lexloom.training.randomness import random_stream


def main(options: argparse.Namespace) -> None:
    """Write the three texts, and the words' classes, the analogies and the best perplexity."""
    texts = generate_texts(options.tokens, random_stream(options.seed, "generate"))
    for name, lines in texts.items():
        write_lines(getattr(options, name), lines)
    classes = word_classes()
    words = list(chain(*classes.values()))
    number = {word: index for index, word in enumerate(words)}
    class_numbers = np.repeat(np.arange(len(classes), dtype=np.int32), [*map(len, classes.values())])
    questions = np.array([[number[word] for word in question] for question in analogies()], np.int32)
    datasets = {
        "words": words,
        "class_names": list(classes),
        "word_classes": Dataset(class_numbers, ("word",), "class number"),
        "analogies": Dataset(questions, ("question", "part"), "word number"),
        "reference_perplexity": Dataset(np.float64(perplexity(GRAMMAR, texts["test"])), (), "of test"),
    }
    settings = {"tokens": options.tokens, "seed": options.seed}
    write_artifact(options.output, "gold", datasets, Provenance(settings, seed=options.seed))


if __name__ == "__main__":
    run(main, OPTIONS)
