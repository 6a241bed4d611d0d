"""The command `lexloom`: look at what the pipeline made, use it, and hand it to other programs."""

import argparse
import json
import os
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import chain
from math import isfinite, log
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args

from pydantic import Field

from lexloom.commands.answers import about, beside, scores
from lexloom.commands.script import parse
from lexloom.commands.script import run as run_program
from lexloom.commands.terminal import show, show_pieces
from lexloom.errors import LexloomError
from lexloom.settings.base import Settings, Tokens
from lexloom.settings.command_line import SettingsParser
from lexloom.settings.execution import Compute, Seed
from lexloom.settings.formats import ExportFormat, SettingsFormat

if TYPE_CHECKING:
    from lexloom.language.trained import Score
    from lexloom.vectors.word_vectors import WordVectors

Argument = tuple[str, dict[str, Any]]
Lines = Callable[[Any], Iterable[str]]


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
    """Run the subcommand that the command line names, and print what it answers."""
    run_program(_show, parse(command_parser()))


def command_parser() -> SettingsParser:
    """Return the parser of all subcommands; `options.command` is the function to call."""
    parser = SettingsParser(
        prog="lexloom",
        description="Ask word vectors, export them, write and score text with language models, and say what "
        "is in any file that lexloom made.",
        epilog="`lexloom COMMAND --help` shows an example of each.",
    )
    parser.set_defaults(log=None, json=False)
    parser.add_argument("--version", action="version", version=f"lexloom {version('lexloom')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for each in _SUBCOMMANDS:
        name = each.command.__name__
        added = commands.add_parser(
            name,
            help=each.summary,
            description=f"{each.summary[0].upper()}{each.summary[1:]}.",
            epilog=f"example: lexloom {name} {each.example}",
        )
        added.set_defaults(command=each.command, lines=each.lines)
        for argument_name, keywords in each.arguments:
            added.add_argument(argument_name, **keywords)
        if each.is_data:
            added.add_argument("--json", action="store_true", help="answer in JSON, for programs")
        added.add_settings(*each.settings)
    return parser


@dataclass(frozen=True)
class Subcommand:
    """A subcommand.

    Attributes
    ----------
    command : callable
        The options -> the answer: what JSON can hold, or lines, or pieces of a text as they are made.
    summary, example : str
    arguments : tuple of Argument
    settings : tuple of groups of settings
        Which are options too.
    lines : callable
        The answer -> lines for a person.
    is_data : bool
        Whether the answer can be had as JSON.
    """

    command: Callable
    summary: str
    example: str
    arguments: tuple[Argument, ...]
    settings: tuple[type[Settings], ...]
    lines: Lines
    is_data: bool


_SUBCOMMANDS: list[Subcommand] = []


def subcommand(
    summary: str,
    example: str,
    *arguments: Argument,
    settings: tuple = (),
    lines: Lines = list,
    is_data: bool = True,
) -> Callable:
    """Make a function a subcommand; see `Subcommand`."""

    def add(command: Callable) -> Callable:
        _SUBCOMMANDS.append(Subcommand(command, summary, example, arguments, settings, lines, is_data))
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
    lines=lambda answers: beside("word", "neighbours", answers),
)
def similar(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the words nearest to each word with their cosines, all found by one product."""
    vectors = _vectors(options.file)
    neighbours, cosines = vectors.nearest(vectors.ids(options.words), options.count)
    found = zip(options.words, neighbours, cosines, strict=True)
    return [{"word": word, "neighbours": _named(vectors, *of_word)} for word, *of_word in found]


@subcommand(
    "complete `a is to b as c is to ...`",
    f"{_FILE} man king woman",
    _VECTORS_ARGUMENT,
    *(argument(name, _WORD) for name in ("a", "b", "c")),
    settings=(Count,),
    lines=lambda answers: beside("method", "answers", answers),
)
def analogy(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the words that best complete an analogy with their scores, by each method."""
    from lexloom.vectors.word_vectors import ANALOGY_METHODS

    vectors = _vectors(options.file)
    question = vectors.ids([options.a, options.b, options.c])[None]
    by_method = []
    for method in ANALOGY_METHODS:
        (answers,), (scores,) = vectors.rank_analogies(question, method, options.count)
        by_method.append({"method": method, "answers": _named(vectors, answers, scores)})
    return by_method


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
    lines=lambda written: [
        "{output}: {words:,} words of {dimensions} dimensions, as {format}".format_map(written)
    ],
)
def export(options: argparse.Namespace) -> dict[str, Any]:
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
    return {
        "output": options.output,
        "format": options.format,
        "words": words,
        "dimensions": dimensions,
    }


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
def generate(options: argparse.Namespace) -> Iterator[str]:
    """Yield the prompt and the words that a model draws after it; a sentence end ends a line."""
    from lexloom.kernels.backend import get_backend
    from lexloom.language.trained import read_language_model
    from lexloom.training.randomness import random_stream

    model = read_language_model(options.model, get_backend(options.device, options.threads))
    rng = random_stream(options.seed, "generate")
    between = model.tokenizer.joined(["", ""]) if options.separator is None else options.separator
    before = ""
    for word in model.generate(options.prompt, options.tokens, rng, options.temperature, options.top_k):
        ends = word == model.tokenizer.sentence_end
        yield "\n" if ends else before + word
        before = "" if ends else between


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
    lines=scores,
)
def score(options: argparse.Namespace) -> dict[str, Any]:
    """Return for each line of a text what a model makes of it, and for all of it.

    The text is read as one stream: a recurrent model scores a line in the light of the lines before. Log
    probabilities are natural logarithms. An unknown word counts as the `<unk>` that it is to the model.
    """
    from lexloom.kernels.backend import get_backend
    from lexloom.language.trained import read_language_model, together

    model = read_language_model(options.model, get_backend(options.device, options.threads))
    lines = model.score(Path(options.file))
    of_lines = [
        {"text": model.tokenizer.joined(line.words), **_score(line), "words": _surprisals(line)}
        for line in lines
    ]
    return {"lines": of_lines, "all": _score(together(lines))}


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
    is_data=False,
)
def settings(options: argparse.Namespace) -> list[str]:
    """Return each setting below a key with its values, default and meaning."""
    from lexloom.settings.reference import FORMATS

    return FORMATS[options.format](options.key)


@subcommand(
    "say what a file holds and where it came from",
    _FILE,
    argument("file", "any HDF5 file that lexloom made", metavar="FILE"),
    lines=about,
)
def info(options: argparse.Namespace) -> dict[str, Any]:
    """Return what a file holds and where it came from; only a whole file is described."""
    from lexloom.storage.artifacts import describe_artifact

    described = asdict(describe_artifact(options.file))
    del described["path"]
    return described


_TEXTS = "text files (UTF-8), folders of them, or patterns in quotes such as 'texts/*.txt'"
_FOLDER_ARGUMENT = argument(
    "--folder", "where the configuration and all results are (default: here)", default=".", metavar="FOLDER"
)


@subcommand(
    "describe your texts in a configuration, lexloom.yaml",
    "'texts/*.txt' --folder novels",
    argument("files", _TEXTS, metavar="FILE", nargs="+"),
    _FOLDER_ARGUMENT,
    is_data=False,
)
def init(options: argparse.Namespace) -> list[str]:
    """Write a configuration, and say what to do with it."""
    from lexloom.commands.graph import write_configuration

    path = write_configuration(options.folder, options.files)
    return [f"{path}: written; edit it if you like, then: lexloom run --folder {shlex.quote(options.folder)}"]


@subcommand(
    "make vectors, language models, tables and figures of your texts, with Snakemake",
    "'texts/*.txt' --folder novels --cores 4",
    argument("files", f"{_TEXTS}; if not given, those of lexloom.yaml", metavar="FILE", nargs="*"),
    _FOLDER_ARGUMENT,
    argument("--cores", "how many processor cores to use (default: all)", type=int, metavar="N"),
    argument(
        "--snakemake",
        "all that follows is for Snakemake, such as --dry-run, or files to make: results/rnnlm_ppl.txt",
        nargs=argparse.REMAINDER,
        default=[],
        metavar="ARGUMENT",
    ),
    is_data=False,
)
def run(options: argparse.Namespace) -> NoReturn:
    """Become Snakemake; what it made before is not made again."""
    from lexloom.commands.graph import run_graph

    cores = options.cores or len(os.sched_getaffinity(0))
    run_graph(options.folder, options.files, cores, options.snakemake)


@subcommand(
    "write the completion of this command for a shell",
    "bash",
    argument("shell", "load it with: source <(lexloom completion bash)", choices=("bash", "zsh")),
    is_data=False,
)
def completion(options: argparse.Namespace) -> list[str]:
    """Return a program with which a shell completes commands, options and names of files."""
    import shtab

    parser = command_parser()
    subparsers = (action.choices for action in parser._actions if isinstance(action.choices, dict))
    for command in chain.from_iterable(map(dict.values, subparsers)):
        for action in command._actions:
            if action.metavar in ("FILE", "MODEL", "PATH"):
                action.complete = shtab.FILE
    return shtab.complete(parser, options.shell).split("\n")


def _show(options: argparse.Namespace) -> None:
    answer = options.command(options)
    if options.json:
        show([json.dumps({"text": "".join(answer)} if isinstance(answer, Iterator) else answer)])
    elif isinstance(answer, Iterator):
        show_pieces(answer)
    else:
        show(options.lines(answer))


def _vectors(path: str) -> "WordVectors":
    """Read vectors; BLAS keeps to one thread, so that no answer depends on how many cores there are."""
    from lexloom.kernels.cpu.machine import thread_pool
    from lexloom.vectors.word_vectors import read_vectors

    thread_pool.set_threads(1)
    return read_vectors(path)


def _named(vectors: "WordVectors", ids: Any, scores: Any) -> list[dict[str, Any]]:
    return [{"word": vectors.words[i], "score": float(score)} for i, score in zip(ids, scores, strict=True)]


def _score(score: "Score") -> dict[str, Any]:
    return {
        "perplexity": _finite(score.perplexity),
        "log_probability": _finite(score.log_probabilities.sum()),
        "tokens": len(score.words),
        "unknown": score.unknown,
    }


def _surprisals(score: "Score") -> list[dict[str, Any]]:
    """Return the words with their surprisals in bits."""
    bits = -score.log_probabilities / log(2)
    return [
        {"word": word, "surprisal": _finite(of_word)} for word, of_word in zip(score.words, bits, strict=True)
    ]


def _finite(number: float) -> float | None:
    """Return a number as JSON can hold it, which has no infinity."""
    return float(number) if isfinite(number) else None
