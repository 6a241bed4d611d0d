"""Generate the sample corpus and what is known of it."""

import argparse
from itertools import chain

import numpy as np

from lexloom.commands.script import at_least, run, script_parser
from lexloom.corpus.sample.texts import GRAMMAR, analogies, generate_texts, perplexity, word_classes
from lexloom.storage.artifacts import Dataset, Provenance, write_artifact
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


parser = script_parser(
    "Generate sentences from a small grammar of English: three texts, and a file with the words' classes, "
    "analogies, and the perplexity of the test text under the grammar, the best that a model can expect."
)
parser.add_argument(
    "--tokens",
    type=at_least(1000),
    default=200_000,
    help="of the three texts together, line ends included; at least 1000",
)
parser.add_argument("--seed", type=at_least(0), default=1, help="seed of the random numbers")
parser.add_argument(
    "--train", required=True, metavar="FILE", help="the text to train on, 90 %% of the tokens"
)
parser.add_argument("--valid", required=True, metavar="FILE", help="the text to validate on, 5 %%")
parser.add_argument("--test", required=True, metavar="FILE", help="the text to test on, 5 %%")
parser.add_argument(
    "--output", required=True, metavar="FILE", help="what is known of the corpus, an HDF5 file"
)

if __name__ == "__main__":
    run(main, parser)
