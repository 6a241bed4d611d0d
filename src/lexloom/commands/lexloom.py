"""The command `lexloom`: look at what the pipeline made, use it, and hand it to other programs."""

import argparse
import json
import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import Field

from lexloom.commands.script import parse, run
from lexloom.commands.terminal import show
from lexloom.errors import LexloomError
from lexloom.report.tables import aligned
from lexloom.settings.base import Settings, Tokens
from lexloom.settings.command_line import SettingsParser
from lexloom.settings.execution import Compute, Seed
from lexloom.settings.formats import ExportFormat, SettingsFormat

if TYPE_CHECKING:
    from lexloom.language.trained import LanguageModel, Score
    from lexloom.storage.layouts import Outline
    from lexloom.vectors.word_vectors import WordVectors

Block = list[tuple[str, str]]
Argument = tuple[str, dict[str, Any]]


class Count(Settings):
    """How much to list."""

    count: int = Field(10, ge=1, le=1_000_000, description="how many words to list")


class Generating(Settings):
    """How to write text."""

    tokens: int = Field(100, ge=0, le=1_000_000_000, description="how many words to draw")
    temperature: float = Field(
        1.0,
        ge=0,
        le=1000,
        description="below 1 likely words become likelier; 0 takes the likeliest word",
    )
    top_k: Tokens | None = Field(None, description="draw only among this many of the likeliest words")


def main() -> None:
    """Run the subcommand that the command line names, and print what it returns."""
    run(_show, parse(command_parser()))


def command_parser() -> SettingsParser:
    """Return the parser of all subcommands; `options.command` is the function to call."""
    parser = SettingsParser(
        prog="lexloom",
        description="Ask word vectors, export them, write and score text with language models, and say what "
        "is in any file that lexloom made.",
        epilog="`lexloom COMMAND --help` shows an example of each.",
    )
    parser.set_defaults(log=None)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command, summary, example, arguments, groups in _SUBCOMMANDS:
        description = f"{summary[0].upper()}{summary[1:]}."
        epilog = f"example: lexloom {command.__name__} {example}"
        added = commands.add_parser(command.__name__, help=summary, description=description, epilog=epilog)
        added.set_defaults(command=command)
        for name, keywords in arguments:
            added.add_argument(name, **keywords)
        added.add_settings(*groups)
    return parser


_SUBCOMMANDS: list[tuple[Callable, str, str, tuple[Argument, ...], tuple[type[Settings], ...]]] = []


def subcommand(summary: str, example: str, *arguments: Argument, settings: tuple = ()) -> Callable:
    """Make a function a subcommand with some arguments, and options for some groups of settings."""

    def add(command: Callable) -> Callable:
        _SUBCOMMANDS.append((command, summary, example, arguments, settings))
        return command

    return add


def argument(name: str, help_text: str, **keywords: Any) -> Argument:
    """Return the name of an argument of a subcommand and what argparse is told about it."""
    return name, {"help": help_text, **keywords}


_FILE, _MODEL = "results/sample/skipgram.h5", "results/sample/rnnlm/lstm_small.h5"
_VECTORS_ARGUMENT = argument(
    "file",
    "word vectors, or a PPMI matrix whose rows are the vectors (HDF5); or a file of word2vec, GloVe or "
    "fastText",
    metavar="FILE",
)
_MODEL_ARGUMENT = argument("model", "a trained language model or n-grams (HDF5)", metavar="MODEL")
_WORD = "a word of the vocabulary"


@subcommand(
    "list the words nearest to some words",
    f"{_FILE} king queen --count 5",
    _VECTORS_ARGUMENT,
    argument("words", _WORD, metavar="WORD", nargs="+"),
    settings=(Count,),
)
def similar(options: argparse.Namespace) -> list[str]:
    """Return the words nearest to each word with their cosines, all found by one product."""
    vectors = _vectors(options.file)
    neighbours, cosines = vectors.nearest(vectors.ids(options.words), options.count)
    answers = zip(options.words, neighbours, cosines, strict=True)
    blocks = [_block(word, vectors, ids, scores) for word, ids, scores in answers]
    return side_by_side(blocks, _width())


@subcommand(
    "complete `a is to b as c is to ...`",
    f"{_FILE} man king woman",
    _VECTORS_ARGUMENT,
    *(argument(name, _WORD) for name in ("a", "b", "c")),
    settings=(Count,),
)
def analogy(options: argparse.Namespace) -> list[str]:
    """Return the words that best complete an analogy with their scores, by each method."""
    from lexloom.vectors.word_vectors import ANALOGY_METHODS

    vectors = _vectors(options.file)
    question = vectors.ids([options.a, options.b, options.c])[None]
    blocks = []
    for method in ANALOGY_METHODS:
        (answers,), (scores,) = vectors.rank_analogies(question, method, options.count)
        blocks.append(_block(method, vectors, answers, scores))
    return side_by_side(blocks, _width())


@subcommand(
    "write word vectors for another program",
    f"{_FILE} --format word2vec --output vectors.txt",
    argument("file", "word vectors (HDF5)", metavar="FILE"),
    argument(
        "--format",
        "word2vec and word2vec-binary: what gensim and word2vec.c read, in single precision; projector: "
        "vectors.tsv and metadata.tsv for TensorBoard; npz: NumPy arrays `words` and `vectors`",
        required=True,
        choices=get_args(ExportFormat),
    ),
    argument("--output", "the file to write; of projector, the folder", required=True, metavar="PATH"),
)
def export(options: argparse.Namespace) -> list[str]:
    """Write the vectors, as they were trained, in the format of another program.

    Raises
    ------
    LexloomError
        When the file holds no dense vectors.
    """
    from lexloom.storage.artifacts import describe_artifact, read_artifact
    from lexloom.vectors.exports import FORMATS

    if describe_artifact(options.file).kind == "ppmi":
        raise LexloomError(
            f"{options.file}: a sparse matrix as wide as the vocabulary; {options.format} holds dense "
            "vectors. Export what scripts/vectors/factorize_svd.py makes of it"
        )
    artifact = read_artifact(options.file, "vectors", ["vectors", "words"])
    FORMATS[options.format](options.output, artifact["words"], artifact["vectors"])
    words, dimensions = artifact["vectors"].shape
    return [f"{options.output}: {words:,} words of {dimensions} dimensions, as {options.format}"]


@subcommand(
    "write text with a language model",
    f'{_MODEL} --prompt "the old king" --tokens 20 --top-k 40',
    _MODEL_ARGUMENT,
    argument("--prompt", "what to go on from; nothing if not given", default="", metavar="TEXT"),
    argument(
        "--separator",
        "what to write between words; if not given, a space, or nothing if the words of the corpus have "
        "their spaces, as with the pattern `.`",
        metavar="TEXT",
    ),
    settings=(Generating, Seed, Compute),
)
def generate(options: argparse.Namespace) -> list[str]:
    """Return the prompt and the words that a model draws after it; a sentence end ends a line."""
    from lexloom.kernels.backend import get_backend
    from lexloom.language.trained import read_language_model
    from lexloom.training.randomness import random_stream

    model = read_language_model(options.model, get_backend(options.device, options.threads))
    rng = random_stream(options.seed, "generate")
    lines: list[list[str]] = [[]]
    for word in model.generate(options.prompt, options.tokens, rng, options.temperature, options.top_k):
        if word == model.tokenizer.sentence_end:
            lines.append([])
        else:
            lines[-1].append(word)
    return [_joined_words(model, line, options.separator) for line in lines]


@subcommand(
    "say how probable a text is to a language model, by sentence and in total",
    f"{_MODEL} data/sample/test.txt",
    _MODEL_ARGUMENT,
    argument(
        "file",
        "a UTF-8 text file, a sentence a line; standard input if not given",
        metavar="FILE",
        nargs="?",
        default="/dev/stdin",
    ),
    settings=(Compute,),
)
def score(options: argparse.Namespace) -> list[str]:
    """Return for each line of a text what a model makes of it, and for all of it.

    The text is read as one stream: a recurrent model scores a line in the light of the lines before. Log
    probabilities are natural logarithms. An unknown word counts as the `<unk>` that it is to the model.
    """
    from lexloom.kernels.backend import get_backend
    from lexloom.language.trained import read_language_model, together

    model = read_language_model(options.model, get_backend(options.device, options.threads))
    lines = model.score(Path(options.file))
    texts = [_joined_words(model, line.words) for line in lines] + [f"all {len(lines):,} lines"]
    rows = map(_score_row, [*lines, together(lines)], texts)
    return aligned([("perplexity", "log_probability", "tokens", "unknown", "line"), *rows])


@subcommand(
    "explain the settings of config/config.yaml",
    "rnnlm.models",
    argument(
        "key",
        "a key, such as rnnlm or corpora.ptb; all keys if not given",
        metavar="KEY",
        nargs="?",
        default="",
    ),
    argument(
        "--format",
        "text; markdown, for the documentation; schema, JSON Schema of all keys for editors (default: text)",
        choices=get_args(SettingsFormat),
        default="text",
    ),
)
def settings(options: argparse.Namespace) -> list[str]:
    """Return each setting below a key with its values, default and meaning."""
    from lexloom.settings.reference import FORMATS

    return FORMATS[options.format](options.key)


@subcommand(
    "say what a file holds and where it came from",
    _FILE,
    argument("file", "any HDF5 file that lexloom made", metavar="FILE"),
)
def info(options: argparse.Namespace) -> list[str]:
    """Return what a file holds and where it came from; only a whole file is described."""
    from lexloom.storage.artifacts import describe_artifact

    artifact = describe_artifact(options.file)
    head = [
        ("kind", f"{artifact.kind}, version {artifact.version}"),
        ("device", artifact.device),
        ("seed", "none" if artifact.seed is None else artifact.seed),
    ]
    lines = [
        *aligned(head),
        *_section("settings", [(name, json.dumps(value)) for name, value in artifact.settings.items()]),
        *_section("inputs (sha256)", artifact.inputs.items()),
        *_section("libraries", artifact.libraries.items()),
        *_section("datasets", _dataset_rows(artifact.datasets)),
    ]
    return [short for line in lines for short in _wrapped(line, _width())]


def side_by_side(blocks: Sequence[Block], width: int) -> list[str]:
    """Return blocks of equally many rows as lines, as many blocks beside each other as `width` holds."""
    lines: list[str] = []
    beside: list[Block] = []
    for block in blocks:
        if beside and max(map(len, _joined([*beside, block]))) > width:
            lines += [*_joined(beside), ""]
            beside = []
        beside.append(block)
    return lines + _joined(beside)


def _show(options: argparse.Namespace) -> None:
    show(options.command(options))


def _vectors(path: str) -> "WordVectors":
    """Read vectors; BLAS keeps to one thread, so that no answer depends on how many cores there are."""
    from lexloom.kernels.cpu.machine import thread_pool
    from lexloom.vectors.word_vectors import read_vectors

    thread_pool.set_threads(1)
    return read_vectors(path)


def _block(title: str, vectors: "WordVectors", ids: Any, scores: Any) -> Block:
    rows = [(vectors.words[i], f"{score:.3f}") for i, score in zip(ids, scores, strict=True)]
    return [(title, ""), *rows]


def _joined_words(model: "LanguageModel", words: Iterable[str], separator: str | None = None) -> str:
    return model.tokenizer.joined(words) if separator is None else separator.join(words)


def _score_row(score: "Score", text: str) -> tuple[str, ...]:
    return (
        f"{score.perplexity:.2f}",
        f"{score.log_probabilities.sum():.2f}",
        f"{len(score.words)}",
        f"{score.unknown}",
        text,
    )


def _joined(blocks: Sequence[Block]) -> list[str]:
    return aligned([cell for pair in row for cell in pair] for row in zip(*blocks, strict=True))


def _dataset_rows(datasets: Mapping[str, "Outline"]) -> Iterator[tuple[str, ...]]:
    for name, outline in datasets.items():
        shape = " x ".join(map(str, outline.shape)) or "one number"
        sparse = "" if outline.stored is None else f", sparse, {outline.stored:,} stored"
        yield name, shape, outline.dtype + sparse, ", ".join(outline.axes), outline.unit


def _section(title: str, rows: Any) -> list[str]:
    return ["", title, *(f"  {line}" for line in aligned(rows))] if rows else []


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, subsequent_indent="      ", break_on_hyphens=False) or [""]


def _width() -> int:
    return shutil.get_terminal_size().columns
