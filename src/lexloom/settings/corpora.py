"""Which texts there are, and what is made of each."""

from typing import Annotated, Any, Literal

from pydantic import Field

from lexloom.settings.base import DISTINCT, Settings, expected, matching, name_of_file
from lexloom.settings.contexts import Contexts
from lexloom.settings.counts import Counting
from lexloom.settings.downloads import Address, DownloadedFile
from lexloom.settings.generate import Generated
from lexloom.settings.ppmi import Ppmi
from lexloom.settings.svd import Svd
from lexloom.settings.tokenize import Tokenize

CorpusName = Annotated[
    str,
    name_of_file(
        "lessons",
        "benchmarks",
        but_not="lessons or benchmarks, folders of results that belong to no corpus",
    ),
]
Word = Annotated[
    str, matching(r"^[^-\0\n][^\0\n]*", "a word in one line, as text, without a hyphen at its start")
]
Words = Annotated[
    list[Word],
    *DISTINCT,
    expected("a list of words, none twice"),
]


VectorsName = Annotated[str, expected("the name of one of word2vec.models")]
ModelName = Annotated[str, expected("the name of one of rnnlm.models")]
OwnModelName = Annotated[str, expected("the name of one of the corpus's models")]


def _distinct_names(of: str, at_least: int) -> tuple[Any, ...]:
    """Restrict a list to names of which none is repeated."""
    fewest = "at least one, " if at_least else ""
    return Field(min_length=at_least), *DISTINCT, expected(f"a list of names of {of}, {fewest}none twice")


class CorpusBase(Settings):
    """What is made of a corpus, and where its settings differ from those of all."""

    tokenize: Tokenize = Field(Tokenize(), description="what differs from `tokenize` for this corpus")
    counts: Counting = Field(Counting(), description="what differs from `counts` for this corpus")
    ppmi: Ppmi = Field(Ppmi(), description="what differs from `ppmi` for this corpus")
    svd: Svd = Field(Svd(), description="what differs from `svd` for this corpus")
    contexts: Contexts = Field(Contexts(), description="what differs from `contexts` for this corpus")
    vectors: Annotated[list[VectorsName], *_distinct_names("word2vec.models", 1)] = Field(
        description="which of word2vec.models to train"
    )
    models: Annotated[list[ModelName], *_distinct_names("rnnlm.models", 1)] = Field(
        description="which of rnnlm.models to train"
    )
    adapt: Annotated[list[OwnModelName], *_distinct_names("the corpus's models", 0)] = Field(
        [], description="which of these to measure as they adapt to the text they read, too"
    )
    queries: Words = Field(description="words whose nearest words are listed")


class DownloadedFiles(Settings):
    """The three texts of a corpus to download."""

    train: DownloadedFile = Field(description="the text to train on")
    valid: DownloadedFile = Field(description="the text to choose settings on")
    test: DownloadedFile = Field(description="the text to measure on")


class DownloadedCorpus(CorpusBase):
    """A corpus to download."""

    source: Literal["download"] = Field(description="the texts are downloaded")
    origins: Annotated[list[Address], Field(min_length=1), expected("a list of addresses, at least one")] = (
        Field(
            description="addresses tried in turn, after LEXLOOM_MIRROR if that is set; {file} stands for the "
            "file's name"
        )
    )
    files: DownloadedFiles = Field(description="the texts")


class GeneratedCorpus(CorpusBase, Generated):
    """A corpus generated from the sample grammar."""

    source: Literal["generate"] = Field(description="the texts are generated")


FilePattern = Annotated[str, matching(r"^[\s\S]+", "the path or glob of text files")]
FilePatterns = Annotated[
    FilePattern | Annotated[list[FilePattern], Field(min_length=1)],
    expected("a path or glob, or a list of them"),
]


class SplitFiles(Settings):
    """The files of each of the three texts of a corpus."""

    train: FilePatterns = Field(description="the text to train on")
    valid: FilePatterns = Field(description="the text to choose settings on")
    test: FilePatterns = Field(description="the text to measure on")


class OwnCorpus(CorpusBase):
    """A corpus made from files on this machine."""

    source: Literal["files"] = Field(description="the texts are files on this machine")
    files: Annotated[
        FilePattern | Annotated[list[FilePattern], Field(min_length=1)] | SplitFiles,
        expected("a path or glob, a list of them, or one of these for each of train, valid and test"),
    ] = Field(description="UTF-8 text files: one text, or one for each of train, valid and test")


Corpus = Annotated[DownloadedCorpus | GeneratedCorpus | OwnCorpus, Field(discriminator="source")]
