"""Turn text files into word ids and a vocabulary."""

import argparse
from pathlib import Path

from lexloom.commands.script import at_least, progress, run, script_parser
from lexloom.corpus.reading import SPLITS, read_corpus
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.storage.artifacts import Dataset, Provenance, write_artifact


def main(options: argparse.Namespace) -> None:
    """Read the texts and write their ids."""
    files = {name: getattr(options, name) for name in SPLITS if getattr(options, name)}
    unused = {*SPLITS, "output", "log"} | ({"split"} if options.valid else set())
    settings = {name: value for name, value in vars(options).items() if name not in unused}
    size = sum(
        Path(path).stat().st_size for paths in files.values() for path in paths if Path(path).is_file()
    )
    tokenizer = Tokenizer(options.pattern, options.lower, options.normalize, options.sentence_end)
    with progress(total=size, unit="B", desc="tokenize") as bar:
        corpus = read_corpus(
            files,
            tokenizer,
            options.split,
            options.min_count,
            options.max_vocab,
            options.id_order,
            advance=bar.update,
        )
    tokens = {name: Dataset(getattr(corpus, name), ("token",), "word id") for name in SPLITS}
    counts = Dataset(corpus.counts, ("word",), "occurrences in train")
    inputs = [path for paths in files.values() for path in paths]
    write_artifact(
        options.output,
        "corpus",
        {**tokens, "words": corpus.words, "counts": counts},
        Provenance(settings, inputs),
    )


parser = script_parser(
    "Turn UTF-8 text files into word ids of train, valid and test, and a vocabulary with counts."
)
parser.add_argument("train", nargs="+", help="text files of train, or of the one text that is split")
parser.add_argument("--valid", nargs="+", metavar="FILE", help="text files of valid")
parser.add_argument("--test", nargs="+", metavar="FILE", help="text files of test")
parser.add_argument("--output", required=True, metavar="FILE", help="the corpus, an HDF5 file")
parser.add_argument(
    "--pattern", metavar="REGEX", help="regular expression for one token; else white space splits"
)
parser.add_argument("--lower", action="store_true", help="fold to lower case")
parser.add_argument(
    "--normalize", choices=("NFC", "NFD", "NFKC", "NFKD"), help="Unicode normal form to convert to"
)
parser.add_argument(
    "--sentence-end", metavar="WORD", help="token to add at the end of each line that has a token"
)
parser.add_argument(
    "--min-count", type=at_least(1), default=1, help="words rarer than this in train become <unk>"
)
parser.add_argument(
    "--max-vocab", type=at_least(2), help="size of the vocabulary at most, <unk> and sentence end included"
)
parser.add_argument(
    "--id-order", choices=("frequency", "appearance"), default="frequency", help="what gives ids"
)
parser.add_argument(
    "--split",
    nargs=3,
    type=float,
    default=(0.9, 0.05, 0.05),
    metavar="SHARE",
    help="shares of train, valid and test where there is one text, in (0, 1); they sum to 1",
)

if __name__ == "__main__":
    run(main, parser)
