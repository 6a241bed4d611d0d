"""Programs that find the words of languages without spaces, and put spaces between them."""

import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from types import ModuleType
from warnings import catch_warnings, simplefilter

from lexloom.errors import LexloomError, printable
from lexloom.storage.checksums import file_sha256

_LONGEST_LINE = 1 << 20
_PATIENCE = 10
"""Seconds until a program has said its version."""


@dataclass(frozen=True)
class _Package:
    """How a package of Python segments.

    Attributes
    ----------
    modules : tuple of str
        What is imported.
    load : callable
        The modules -> a function that returns the words of a line.
    """

    modules: tuple[str, ...]
    load: Callable[..., Callable[[str], Iterable[str]]]


def _load_jieba(jieba: ModuleType) -> Callable[[str], Iterable[str]]:
    segmenter = jieba.Tokenizer()
    # As its initialize() does, but without a cache where anybody may write, the folder of temporary files.
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    return segmenter.lcut


def _load_fugashi(fugashi: ModuleType, unidic_lite: ModuleType) -> Callable[[str], Iterable[str]]:
    tagger = fugashi.GenericTagger(f'-r /dev/null -d "{unidic_lite.DICDIR}"')
    return lambda line: [word.surface for word in tagger(line)]


_PACKAGES = {
    "jieba": _Package(("jieba",), _load_jieba),
    "fugashi": _Package(("fugashi", "unidic_lite"), _load_fugashi),
}


def segmented(text: str, tokenizer: str | None, command: str | None) -> str:
    """Return a text with spaces between the words that a segmenter finds, if there is one; lines stay lines.

    Parameters
    ----------
    text : str
    tokenizer, command : str or None
        See `lexloom.settings.tokenize.Segmenting`.

    Raises
    ------
    LexloomError
        If the segmenter is not installed, or a command fails or does not answer each line with a line.
    """
    if tokenizer is not None:
        words_of = _package(tokenizer)
        return "\n".join(" ".join(words_of(line)) for line in text.split("\n"))
    return text if command is None else _by_command(text, command)


def whole_lines(blocks: Iterable[str]) -> Iterator[str]:
    """Yield blocks of text that end with a line, or where a line is long, where their block ends."""
    held = ""
    for block in blocks:
        lines, end, rest = (held + block).rpartition("\n")
        held = rest
        if end:
            yield lines + end
        if len(held) > _LONGEST_LINE:
            yield held
            held = ""
    yield held


def segmenter_version(tokenizer: str | None, command: str | None) -> str | None:
    """Return the name and version of a segmenter, or None without one.

    That of a command is what it prints when called with --version, or else the checksum of the program.
    """
    if tokenizer is not None:
        packages = [module.replace("_", "-") for module in _PACKAGES[tokenizer].modules]
        return ", ".join(f"{package} {version(package)}" for package in packages)
    return None if command is None else _command_version(command)


@cache
def _package(name: str) -> Callable[[str], Iterable[str]]:
    package = _PACKAGES[name]
    try:
        with catch_warnings():
            simplefilter("ignore")  # old packages use what Python warns of
            modules = map(import_module, package.modules)
            return package.load(*modules)
    except ImportError as error:
        raise LexloomError(
            f"tokenizer: {name} is not installed; install it with: pip install 'lexloom[{name}]'"
        ) from error


def _by_command(text: str, command: str) -> str:
    if not text.strip():
        return text
    lines = text.removesuffix("\n").split("\n")
    answer = _run(command, ("\n".join(lines) + "\n").encode())
    if answer.returncode:
        said = printable(answer.stderr.decode(errors="replace").strip().rpartition("\n")[2])
        raise LexloomError(f"command: {printable(command)} ended with status {answer.returncode}: {said}")
    try:
        answered = answer.stdout.decode().replace("\r\n", "\n").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise LexloomError(f"command: {printable(command)} wrote what is not UTF-8") from error
    if len(answered) != len(lines) or b"\0" in answer.stdout:
        raise LexloomError(
            f"command: {printable(command)} wrote {len(answered)} lines for {len(lines)}; expected for each "
            "line its tokens in one line, with spaces between them"
        )
    return "\n".join(answered) + text[len(text.removesuffix("\n")) :]


def _run(command: str, text: bytes, timeout: float | None = None) -> subprocess.CompletedProcess:
    words = shlex.split(command)
    try:
        return subprocess.run(words, input=text, capture_output=True, check=False, timeout=timeout)
    except OSError as error:
        raise LexloomError(
            f"command: {printable(words[0])}: {error.strerror}; install the program, or correct its name"
        ) from error


def _command_version(command: str) -> str:
    program = shlex.split(command)[0]
    try:
        answer = _run(f"{shlex.quote(program)} --version", b"", _PATIENCE)
        said = answer.stdout.decode().strip().partition("\n")[0]
    except (subprocess.TimeoutExpired, UnicodeDecodeError):
        said = ""
    if said and not answer.returncode:
        return printable(said)
    path = shutil.which(program)
    return f"sha256 {file_sha256(path)}" if path else "unknown"
